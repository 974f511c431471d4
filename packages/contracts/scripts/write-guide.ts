// node packages/contracts/scripts/write-guide.ts: writes the tables in docs/guide that come from the contracts.
import { writeAll } from './generated.ts';
import { guidePages } from './guide-pages.ts';

writeAll(guidePages());
