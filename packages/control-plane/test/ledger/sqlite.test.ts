import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteLedger } from '../../src/engine/ledger/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import { ledgerContract } from './contract.ts';

const log = createLogger({ level: 'silent' });

ledgerContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'decree-ledger-'));
  const file = join(directory, 'ledger.db');
  return {
    open: () => openSqliteLedger({ file, clock: systemClock, log }),
    tamper: async (sql) => {
      const db = new Database(file);
      db.exec(sql);
      db.close();
    },
    end: () => rm(directory, { recursive: true }),
  };
});
