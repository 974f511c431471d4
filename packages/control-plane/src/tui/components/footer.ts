import { noticeMs } from '../store/notices.ts';
import type { Notice, TuiState } from '../store/state.ts';
import type { Line, Span } from '../text/line.ts';
import type { Offered } from './drawer.ts';

const signs = { good: '✔', warning: '⚠', bad: '✖', info: 'ℹ' } as const;

/** What is being asked of the engine, else the newest notice, else what the engine should be known for. */
export function statusLine(state: TuiState, standing: Line): Line {
  const pending = state.pending.at(-1);
  if (pending !== undefined) return [{ text: `… ${pending}`, tone: 'info' }];
  const notice = state.notices.at(-1);
  if (notice && state.nowMs - notice.atMs < noticeMs) return noticeLine(notice);
  return standing;
}

const noticeLine = ({ tone, text }: Notice): Line => [{ text: `${signs[tone]} ${text}`, tone }];

/**
 * The keys that matter here, in their order. Those that do something now come before those that do not where there is no room for
 * all; these stay, dimmed, as far as there is. The last ones, to find all others by, are always in sight.
 */
export function keysLine(offered: readonly Offered[], columns: number): Line {
  const always = offered.slice(-anywhere);
  const others = offered.slice(0, -anywhere);
  let room = columns - always.reduce((sum, entry) => sum + widthOf(entry), 0);
  const kept = new Set<Offered>();
  for (const works of [true, false])
    for (const entry of others) {
      if ((entry.disabledReason === null) !== works) continue;
      room -= widthOf(entry);
      if (room < 0) break;
      kept.add(entry);
    }
  return [...others.filter((entry) => kept.has(entry)), ...always].flatMap(keySpans);
}

/** Help, palette and quit stand last in the footer's order. */
const anywhere = 3;

const keySpans = ({ command, label, disabledReason }: Offered): Span[] => [
  { text: command.keys[0] ?? '', tone: disabledReason ? 'dim' : 'accent' },
  { text: ` ${label}  `, tone: disabledReason ? 'dim' : 'normal' },
];

const widthOf = (entry: Offered): number => keySpans(entry).reduce((sum, { text }) => sum + text.length, 0);
