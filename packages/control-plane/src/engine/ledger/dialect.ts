import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './schema.ts';

/** What a store can do; statements and migrations differ by these, and by nothing else. */
export interface Dialect {
  readonly kind: 'sqlite' | 'postgres';
  /** Other processes write too: rows are locked as they are read, and events are ordered by (xid, seq). */
  readonly shared: boolean;
  /** Only writes SQL; the drivers run it. */
  readonly db: Kysely<Tables>;
}

export const sqliteDialect: Dialect = {
  kind: 'sqlite',
  shared: false,
  db: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
};

export const postgresDialect: Dialect = {
  kind: 'postgres',
  shared: true,
  db: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
};
