import pg from 'pg';
import { openPostgresLedger } from '../../src/engine/ledger/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import type { Home } from './contract.ts';

const log = createLogger({ level: 'silent' });
export const server = process.env.DECREE_TEST_POSTGRES_URL;
if (!server) process.stderr.write('The ledger on Postgres is not tested: DECREE_TEST_POSTGRES_URL is not set.\n');

export interface PostgresHome extends Home {
  client(): Promise<pg.Client>;
}

let homes = 0;

/** A schema of its own, found by the search path. */
export async function makeHome(): Promise<PostgresHome> {
  homes += 1;
  const schema = `ledger_${process.pid}_${homes}`;
  const url = new URL(server!);
  url.searchParams.set('options', `-c search_path=${schema}`);
  // By its name a test finds the connections of its own home, and no others of the server.
  url.searchParams.set('application_name', schema);
  const client = async () => {
    const made = new pg.Client({ connectionString: url.href });
    await made.connect();
    return made;
  };
  const admin = await client();
  await admin.query(`create schema ${schema}`);
  return {
    client,
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
