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
 * The keys that matter here, always at the same place: those that do nothing now stay, dimmed. Where there is no room for all,
 * the less important are left out; the last ones, to find all others by, are always in sight.
 */
export function keysLine(offered: readonly Offered[], columns: number): Line {
  const always = offered.slice(-anywhere);
  let room = columns - always.reduce((sum, entry) => sum + widthOf(entry), 0);
  const kept: Offered[] = [];
  for (const entry of offered.slice(0, -anywhere)) {
    room -= widthOf(entry);
    if (room < 0) break;
    kept.push(entry);
  }
  return [...kept, ...always].flatMap(keySpans);
}

/** Help, palette and quit stand last in the footer's order. */
const anywhere = 3;

const keySpans = ({ command, label, disabledReason }: Offered): Span[] => [
  { text: command.keys[0] ?? '', tone: disabledReason ? 'dim' : 'accent' },
  { text: ` ${label}  `, tone: disabledReason ? 'dim' : 'normal' },
];

const widthOf = (entry: Offered): number => keySpans(entry).reduce((sum, { text }) => sum + text.length, 0);
