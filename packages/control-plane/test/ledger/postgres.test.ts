import pg from 'pg';
import { openPostgresLedger } from '../../src/engine/ledger/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import { type Home, ledgerContract } from './contract.ts';

const log = createLogger({ level: 'silent' });
const server = process.env.DECREE_TEST_POSTGRES_URL;
if (!server) process.stderr.write('The ledger on Postgres is not tested: DECREE_TEST_POSTGRES_URL is not set.\n');

ledgerContract('Postgres', server ? () => makeHome(server) : null);

let homes = 0;

/** A schema of its own, found by the search path. */
async function makeHome(server: string): Promise<Home> {
  homes += 1;
  const schema = `ledger_${process.pid}_${homes}`;
  const url = new URL(server);
  url.searchParams.set('options', `-c search_path=${schema}`);
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`create schema ${schema}`);
  return {
    open: () => openPostgresLedger({ url: url.href, clock: systemClock, log, connections: 4 }),
    tamper: async (sql) => {
      await admin.query(sql);
    },
    end: async () => {
      await admin.query(`drop schema ${schema} cascade`);
      await admin.end();
    },
  };
}
