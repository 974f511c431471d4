/*
 * What has to be true of a directory once its demo is through, whatever was killed on the way: check.ts DIRECTORY prints the
 * breaches as JSON. It asks the ledger's file, the forge's file, the bare repository and the file system, never the engine.
 */
import { join } from 'node:path';
import { checkFiles } from './check-files.ts';
import { checkForge } from './check-forge.ts';
import { checkLedger } from './check-ledger.ts';
import { agentProcesses } from './processes.ts';

const directory = process.argv[2];
if (!directory) throw new Error('expected a directory');
const places = { directory, project: join(directory, 'project'), state: join(directory, 'state') };
const orphans = await agentProcesses(directory);
const breaches = [
  ...(await checkLedger(places)),
  ...(await checkForge(places)),
  ...(await checkFiles(places)),
  ...(orphans.length > 0 ? [`processes of agents are left: ${orphans.join(', ')}`] : []),
];
process.stdout.write(JSON.stringify(breaches));
