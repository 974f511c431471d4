import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** What was spent by day, role and model. Frozen. */
export const spend: Migration = {
  version: 2,
  name: 'spend',
  up: ({ db, kind, text }) => {
    const table = db.schema
      .createTable('spend')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('day', text, (column) => column.notNull())
      .addColumn('doc', text, (column) => column.notNull());
    return [
      kind === 'sqlite' ? table.modifyEnd(sql`strict`) : table,
      db.schema.createIndex('spend_day').on('spend').columns(['day', 'id']),
    ];
  },
};
