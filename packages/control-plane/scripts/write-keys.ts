// node packages/control-plane/scripts/write-keys.ts: writes the tables of keys in docs/guide/tui.md.
import { writeAll } from '../../contracts/scripts/generated.ts';
import { keysPage } from './keys-page.ts';

writeAll(keysPage());
