import { tables } from './0001-tables.ts';
import { spend } from './0002-spend.ts';
import type { Migration } from './migration.ts';

export type { Migration } from './migration.ts';
export { migrationTools } from './migration.ts';

/** All of them, in order. The last one's version is the schema that this Decree reads and writes. */
export const migrations: readonly Migration[] = [tables, spend];
