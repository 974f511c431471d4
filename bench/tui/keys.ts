/** Key → the output that shows what it did, one at a time, never in step with what else is drawn. */
import type { WatchedPty } from './watched-pty.ts';

/** What a person does over and over; each press is one measurement. */
export interface KeySeries {
  readonly name: string;
  readonly count: number;
  /** Typed before the series begins, with what is then to be seen. */
  readonly before?: readonly Step[];
  /** The key of this press. */
  key(index: number): string;
  /** What the key changes, and nothing else does. */
  sign(pty: WatchedPty, index: number): string;
  /** Typed after the series. */
  readonly after?: readonly Step[];
  /** Typed between presses and not measured, e.g. to close what is full. */
  between?(index: number): readonly Step[];
}

export interface Step {
  readonly keys: string;
  readonly seen: (pty: WatchedPty) => boolean;
}

export async function take(pty: WatchedPty, steps: readonly Step[] | undefined): Promise<void> {
  for (const { keys, seen } of steps ?? []) {
    pty.type(keys);
    await pty.when(() => seen(pty), `what ${JSON.stringify(keys)} shows`);
    await pause();
  }
}

export async function press(pty: WatchedPty, keys: string, sign: () => string): Promise<number> {
  const before = sign();
  const began = performance.now();
  pty.type(keys);
  return (await pty.when(() => sign() !== before, `what ${JSON.stringify(keys)} changes (${before})`, 10_000)) - began;
}

/** Not in step with anything that is drawn by a clock. */
export const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 8 + Math.random() * 40));

const listWidth = 80;
/** The row that is selected, by its issue; the sign alone does not say that the list moved. */
const selected = (pty: WatchedPty): string => {
  const row = pty.rows().find((text) => text.startsWith('› ')) ?? '';
  return /#\d+/.exec(row.slice(0, listWidth))?.[0] ?? '';
};
const detailHeading = (pty: WatchedPty): string => pty.row(1).slice(listWidth);
/** The first numbered line of what an agent says that is on the screen. */
const firstSaid = (pty: WatchedPty): string => {
  for (const row of pty.rows()) {
    const number = /L\d{7}/.exec(row.slice(listWidth));
    if (number) return number[0];
  }
  return '';
};
/** What stands in the prompt or palette that is open; null when none is. */
const typed = (pty: WatchedPty): string | null => {
  const rows = pty.rows();
  const heading = rows.findIndex((row) => /^── (Filter|Commands)/.test(row));
  return heading < 0 ? null : (rows[heading + 1] ?? '').slice(2).trim();
};

const typing = 'taskofthecartthatwaits';
const scrolling = ['k', '\x15', 'k', 'j', '\x15', '\x04', 'k', 'k'] as const;
const viewNames = ['tasks', 'runs', 'approvals', 'events', 'costs', 'worktrees', 'operations'];
const erase: Step = { keys: '\x15', seen: (pty) => typed(pty) === '' };
const close: Step = { keys: '\x1b', seen: (pty) => typed(pty) === null };

/** With the last of the live agents selected. After the first series its output stays pinned beside whatever the list shows. */
export const keySeries: readonly KeySeries[] = [
  {
    name: 'j/k from one live agent to the next',
    count: 80,
    key: (index) => (index % 40 < 20 ? 'k' : 'j'),
    sign: selected,
    after: [{ keys: '\r', seen: (pty) => detailHeading(pty).includes('📌') }],
  },
  {
    name: 'j/k in 2,000 tasks',
    count: 160,
    before: [{ keys: 'g', seen: (pty) => pty.row(2).startsWith('› ') }],
    key: (index) => (index % 120 < 60 ? 'j' : 'k'),
    sign: selected,
  },
  {
    name: 'Tab between the panes',
    count: 60,
    key: () => '\t',
    sign: (pty) => String(detailHeading(pty).includes('▸')),
  },
  {
    name: 'scrolling the live output',
    count: 100,
    before: [
      { keys: '\t', seen: (pty) => detailHeading(pty).includes('▸') },
      { keys: '\x15', seen: (pty) => detailHeading(pty).includes('paused') },
    ],
    key: (index) => scrolling[index % scrolling.length] as string,
    sign: firstSaid,
    after: [
      { keys: 'G', seen: (pty) => detailHeading(pty).includes('following') },
      { keys: '\t', seen: (pty) => !detailHeading(pty).includes('▸') },
    ],
  },
  {
    name: 'from view to view',
    count: 70,
    key: (index) => String(1 + ((index + 1) % viewNames.length)),
    sign: (pty) => /› (\w+)/.exec(pty.row(0))?.[1] ?? '',
    after: [{ keys: '1', seen: (pty) => pty.row(0).includes('› tasks') }],
  },
  {
    name: 'typing a filter over 2,000 tasks',
    count: 60,
    before: [{ keys: '/', seen: (pty) => typed(pty) !== null }],
    key: (index) => typing[index % 20] as string,
    sign: (pty) => typed(pty) ?? '',
    between: (index) => (index % 20 === 19 ? [erase] : []),
    after: [close],
  },
  {
    name: 'typing in the palette',
    count: 60,
    before: [{ keys: ':', seen: (pty) => typed(pty) !== null }],
    key: (index) => typing[index % 12] as string,
    sign: (pty) => typed(pty) ?? '',
    between: (index) => (index % 12 === 11 ? [erase] : []),
    after: [close],
  },
];
