import type { TuiCommand } from '../keymap/command.ts';
import type { Overlay } from '../store/state.ts';
import { type Line, line, type Span } from '../text/line.ts';

/** What lies over the lower rows of the screen: a heading, its lines, and where its cursor is. */
export interface Drawer {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The row that has to be in sight; null: as many from `top` as fit. */
  readonly focus: number | null;
  readonly top: number;
  /** What the keys do here. */
  readonly keys: Line;
}

/** A command as it stands in palette and help, with the reason why it cannot be done now. */
export interface Offered {
  readonly command: TuiCommand;
  /** What it is called as things stand. */
  readonly label: string;
  readonly disabledReason: string | null;
}

/** How a question is answered. */
export const answer: Line = [
  { text: ' y ', tone: 'accent' },
  { text: 'yes   ' },
  { text: ' n / Esc ', tone: 'accent' },
  { text: 'no' },
];

/** What leaving does: `stays`: the engine goes on; a number: it stops, and waits for agents that many seconds; null: not known. */
export type Leaving = 'stays' | number | null;

/** The drawer of an overlay. `offered`: what palette (found by its query, best first) and help list. */
export function drawerOf(overlay: Overlay, offered: readonly Offered[], leaving: Leaving): Drawer {
  switch (overlay.kind) {
    case 'confirm':
      return {
        title: 'Please confirm',
        lines: [[{ text: overlay.question, tone: 'strong' }], ...overlay.details.map((text): Line => [{ text: `  ${text}` }])],
        focus: null,
        top: 0,
        keys: answer,
      };
    case 'quit':
      return { title: 'Quit', lines: quitLines(overlay, leaving), focus: null, top: 0, keys: answer };
    case 'input': {
      const problem = overlay.value === '' ? null : (overlay.check(overlay.value) ?? overlay.hint?.(overlay.value));
      return {
        title: overlay.label,
        lines: [
          withCursor('› ', overlay.value, overlay.cursor),
          ...(problem ? [[{ text: problem, tone: 'warning' } as const]] : []),
        ],
        focus: null,
        top: 0,
        keys: [{ text: ' Enter ', tone: 'accent' }, { text: 'done   ' }, { text: ' Esc ', tone: 'accent' }, { text: 'discard' }],
      };
    }
    case 'palette':
      return {
        title: 'Commands',
        lines: [
          withCursor(': ', overlay.query, overlay.cursor),
          ...(offered.length === 0 ? [[{ text: '  no command is called so', tone: 'dim' } as const]] : []),
          ...offered.map((entry, index) => offeredLine(entry, index === overlay.index)),
        ],
        focus: overlay.index + 1,
        top: 0,
        keys: [
          { text: ' ↑↓ ', tone: 'accent' },
          { text: 'choose   ' },
          { text: ' Enter ', tone: 'accent' },
          { text: 'do it   ' },
          { text: ' Esc ', tone: 'accent' },
          { text: 'close' },
        ],
      };
    case 'help':
      return {
        title: 'Keys',
        lines: helpLines(offered),
        focus: null,
        top: overlay.top,
        keys: [{ text: ' ↑↓ ', tone: 'accent' }, { text: 'scroll   ' }, { text: ' Esc ', tone: 'accent' }, { text: 'close' }],
      };
  }
}

function quitLines({ live, lost }: { live: number; lost: boolean }, leaving: Leaving): Line[] {
  if (leaving === 'stays' && lost) {
    const last = live === 0 ? 'No agent ran' : live === 1 ? '1 agent ran' : `${live} agents ran`;
    return [
      line('The engine does not answer. Leave?', 'strong'),
      line(`${last} when it last did. Leaving changes nothing there: if it still runs, it goes on.`, 'dim'),
    ];
  }
  const agents = live === 0 ? 'No agent runs' : live === 1 ? '1 agent runs' : `${live} agents run`;
  if (leaving === 'stays') return [line(`${agents}. Leave? The engine goes on.`, 'strong')];
  if (live === 0) return [line('No agent runs. Stop the engine and quit?', 'strong')];
  const wait = leaving === null ? '' : `They are waited for up to ${leaving} s, then canceled; who waits for you is parked. `;
  return [
    line(`${agents}. Stop the engine and quit?`, 'strong'),
    line(`${wait}Their work is kept: the next start goes on with what was left.`, 'dim'),
  ];
}

const offeredLine = ({ command, label, disabledReason }: Offered, chosen: boolean): Line => [
  chosen ? { text: '› ', tone: 'accent' } : { text: '  ' },
  { text: (command.keys[0] ?? '').padEnd(10), tone: disabledReason ? 'dim' : 'accent' },
  { text: label.padEnd(24), tone: disabledReason ? 'dim' : chosen ? 'strong' : 'normal' },
  { text: disabledReason ?? command.help, tone: 'dim' },
];

/** All commands by group, each with all its keys. */
function helpLines(offered: readonly Offered[]): Line[] {
  const groups = new Map<string, Line[]>();
  for (const { command, label, disabledReason } of offered) {
    const lines = groups.get(command.group) ?? [];
    lines.push([
      { text: `  ${command.keys.join(' ')}`.padEnd(20), tone: disabledReason ? 'dim' : 'accent' },
      { text: label.padEnd(24), tone: disabledReason ? 'dim' : 'normal' },
      { text: command.help, tone: 'dim' },
    ]);
    groups.set(command.group, lines);
  }
  return [...groups].flatMap(([group, lines], index) => [
    ...(index > 0 ? [[]] : []),
    [{ text: group, tone: 'heading' } as const],
    ...lines,
  ]);
}

/** The text with the character under the cursor standing out; of many lines the one with the cursor. */
function withCursor(sign: string, value: string, cursor: number): Line {
  const from = value.lastIndexOf('\n', cursor - 1) + 1;
  const end = value.indexOf('\n', cursor);
  const row = value.slice(from, end < 0 ? value.length : end);
  const at = cursor - from;
  const under = String.fromCodePoint(row.codePointAt(at) ?? 32);
  const spans: Span[] = [{ text: sign, tone: 'accent' }];
  // What is far left of the cursor is not painted: the cursor stays in sight.
  spans.push(
    { text: row.slice(Math.max(0, at - 40), at) },
    { text: under, tone: 'match' },
    { text: row.slice(at + under.length) },
  );
  return spans;
}
