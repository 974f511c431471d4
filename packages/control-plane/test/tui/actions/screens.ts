import type { DetailText, Screen, Section } from '../../../src/tui/screens/screen.ts';
import { type TuiState, type View, views } from '../../../src/tui/store/state.ts';
import { line } from '../../../src/tui/text/line.ts';

/** Lists and a text that a test decides: real screens have tests of their own. */
export interface PlainScreens {
  readonly screens: Readonly<Record<View, Screen>>;
  rows: Record<View, string[]>;
  text: { lines: string[]; live: boolean; first?: number; earlier?: string };
}

export function plainScreens(): PlainScreens {
  const rows = Object.fromEntries(views.map((view) => [view, []])) as unknown as Record<View, string[]>;
  const plain: { rows: typeof rows; text: PlainScreens['text'] } = { rows, text: { lines: [], live: false } };
  const known = new Map<string[], readonly Section[]>();
  const sections = (view: View) => {
    const identities = plain.rows[view];
    const made = known.get(identities) ?? [
      { title: 'ROWS', rows: identities.map(rowOf), total: identities.length, empty: 'nothing' },
    ];
    known.set(identities, made);
    return made;
  };
  const detail = (identity: string | null): DetailText => ({
    ...{ key: `text:${identity}`, title: 'text', length: plain.text.lines.length, live: plain.text.live },
    ...{ first: plain.text.first ?? 0, earlier: plain.text.earlier ?? null },
    lineAt: (index) => line(plain.text.lines[index] ?? ''),
    foldAt: (index) => (plain.text.lines[index]?.startsWith('▸') ? `fold ${index}` : null),
    errors: () => plain.text.lines.flatMap((text, index) => (text.includes('error') ? [index] : [])),
  });
  const screens = Object.fromEntries(
    views.map((view): [View, Screen] => [
      view,
      {
        ...{ view, title: view, tabs: () => ['issue', 'output', 'pull'] as const },
        sections: (_state: TuiState) => sections(view),
        detail: (_state, identity) => detail(identity),
      },
    ]),
  ) as Record<View, Screen>;
  return Object.assign(plain, { screens });
}

const rowOf = (identity: string) => ({ identity, line: line(identity), spoken: identity, url: null });
