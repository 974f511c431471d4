import { expect, it } from 'vitest';
import { readText } from '../../../../contracts/scripts/generated.ts';
import { keysPage } from '../../../scripts/keys-page.ts';
import { commands } from '../../../src/tui/keymap/commands.ts';
import { filterKeys } from '../../../src/tui/model/filter.ts';
import { standingWords } from '../../../src/tui/model/task-standing.ts';
import { views } from '../../../src/tui/store/state.ts';

it.each(Object.entries(keysPage()))('%s shows the keys that there are', (path, text) => {
  expect(readText(path), `${path} differs; run: node packages/control-plane/scripts/write-keys.ts`).toBe(text);
});

it('names every command in the guide', () => {
  for (const { id } of commands) expect(readText('docs/guide/tui.md')).toContain(`| \`${id}\` |`);
});

it('tells in the guide what every row may say, and of every view', () => {
  const guide = readText('docs/guide/tui.md');
  for (const word of standingWords) expect(guide).toContain(`| \`${word === 'WIP' ? 'WIP(n)' : word}\` |`);
  for (const [index, view] of views.entries()) expect(guide).toContain(`| \`${index + 1}\` | ${view} |`);
  for (const key of filterKeys) expect(guide).toContain(`| \`${key}:`);
});
