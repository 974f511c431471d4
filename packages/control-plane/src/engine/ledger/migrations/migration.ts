import { type Compilable, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Dialect } from '../dialect.ts';

/** A step of the schema. Frozen once it is released: a change is a new one. */
export interface Migration {
  /** 1, 2, 3, … */
  readonly version: number;
  readonly name: string;
  up(tools: MigrationTools): readonly Compilable[];
}

export interface MigrationTools {
  readonly kind: Dialect['kind'];
  readonly db: Kysely<unknown>;
  /** Compared by bytes everywhere, so that keyset pages have one order. */
  readonly text: RawBuilder<unknown>;
  readonly integer: RawBuilder<unknown>;
  readonly real: RawBuilder<unknown>;
}

export function migrationTools(dialect: Dialect): MigrationTools {
  const sqlite = dialect.kind === 'sqlite';
  return {
    kind: dialect.kind,
    db: dialect.db as unknown as Kysely<unknown>,
    text: sqlite ? sql`text` : sql`text collate "C"`,
    integer: sqlite ? sql`integer` : sql`bigint`,
    real: sqlite ? sql`real` : sql`double precision`,
  };
}
