import { expect, it } from 'vitest';
import { drawerOf, type Leaving } from '../../../src/tui/components/drawer.ts';
import { textOf } from '../../../src/tui/text/line.ts';

const asked = (live: number, lost: boolean, leaving: Leaving) =>
  drawerOf({ kind: 'quit', live, lost }, [], leaving).lines.map(textOf).join(' ');

it.each([
  [5, false, 'stays', '5 agents run. Leave? The engine goes on.'],
  [0, false, 'stays', 'No agent runs. Leave? The engine goes on.'],
  [0, false, 30, 'No agent runs. Stop the engine and quit?'],
] as const)('leaving while %i agents run, lost %s, leaving %s, is asked as it is', (live, lost, leaving, question) => {
  expect(asked(live, lost, leaving)).toBe(question);
});

it('promises nothing of an engine that does not answer', () => {
  expect(asked(5, true, 'stays')).toBe(
    'The engine does not answer. Leave? 5 agents ran when it last did. Leaving changes nothing there: if it still runs, it goes on.',
  );
});
