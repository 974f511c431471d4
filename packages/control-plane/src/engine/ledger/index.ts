export type { Commit, EventFilter, Guard, Lease, Ledger, PageRequest } from './port.ts';
export { GuardFailed, LedgerUnusable } from './port.ts';
export { openPostgresLedger } from './postgres/open.ts';
export { type HeldState, holdState, type StateOwner } from './sqlite/hold-state.ts';
export { openSqliteLedger } from './sqlite/open.ts';
