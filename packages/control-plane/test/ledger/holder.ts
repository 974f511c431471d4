import { holdState } from '../../src/engine/ledger/index.ts';

/** Holds a state directory until it is killed. */
const held = holdState(process.argv[2]!, { pid: process.pid, since: '2026-01-01T00:00:00.000Z' });
process.stdout.write('held\n');
setInterval(() => held, 60_000);
