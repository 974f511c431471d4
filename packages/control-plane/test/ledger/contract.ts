import { describe, test } from 'vitest';
import type { Ledger } from '../../src/engine/ledger/port.ts';
import { approvalsContract } from './contract-approvals.ts';
import { historyContract } from './contract-history.ts';
import { readingContract } from './contract-reading.ts';
import { spendContract } from './contract-spend.ts';
import { writingContract } from './contract-writing.ts';

/** A database of a test's own. */
export interface Home {
  open(): Promise<Ledger>;
  /** Runs SQL behind the ledger's back. */
  tamper(sql: string): Promise<void>;
  end(): Promise<void>;
}

export type LedgerTest = (title: string, body: (ledger: Ledger, home: Home) => Promise<void>) => void;

/** What every store has to do, over each of them. */
export function ledgerContract(name: string, makeHome: (() => Promise<Home>) | null): void {
  describe.skipIf(makeHome === null)(`the ledger on ${name}`, () => {
    const ledgerTest: LedgerTest = (title, body) =>
      test(title, async () => {
        const home = await makeHome!();
        const ledger = await home.open();
        try {
          await body(ledger, home);
        } finally {
          await ledger.close();
          await home.end();
        }
      });
    writingContract(ledgerTest);
    approvalsContract(ledgerTest);
    readingContract(ledgerTest);
    historyContract(ledgerTest);
    spendContract(ledgerTest);
  });
}
