import { expect, it } from 'vitest';
import { readText } from '../../../../contracts/scripts/generated.ts';
import { keysPage } from '../../../scripts/keys-page.ts';
import { commands } from '../../../src/tui/keymap/commands.ts';

it.each(Object.entries(keysPage()))('%s shows the keys that there are', (path, text) => {
  expect(readText(path), `${path} differs; run: node packages/control-plane/scripts/write-keys.ts`).toBe(text);
});

it('names every command in the guide', () => {
  for (const { id } of commands) expect(readText('docs/guide/tui.md')).toContain(`| \`${id}\` |`);
});
