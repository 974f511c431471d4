import { readText, withGenerated } from '../../contracts/scripts/generated.ts';
import { keysTables } from '../src/tui/keymap/guide.ts';

const path = 'docs/guide/tui.md';

/** The terminal's page with the tables of keys made anew; what is written by hand stays. */
export const keysPage = (): Record<string, string> => ({
  [path]: withGenerated(readText(path), 'write-keys.ts: keys', keysTables()),
});
