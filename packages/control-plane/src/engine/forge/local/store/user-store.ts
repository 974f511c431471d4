import type { Database } from './database.ts';

export interface UserRow {
  id: number;
  login: string;
  created_at: string;
}

export type UserStore = ReturnType<typeof createUserStore>;

/** Logins that were seen, each with the id it keeps; and what the forge remembers about itself. */
export function createUserStore(db: Database) {
  const find = db.prepare<[string], UserRow>('select * from users where login = ?');
  const insert = db.prepare<[string, string]>('insert or ignore into users (login, created_at) values (?, ?)');
  const readMeta = db.prepare<[string], { value: string }>('select value from meta where name = ?');
  const writeMeta = db.prepare<[string, string]>('insert into meta (name, value) values (?, ?) on conflict (name) do nothing');
  return {
    of(login: string, at: string): UserRow {
      const known = find.get(login);
      if (known) return known;
      insert.run(login, at);
      return find.get(login) ?? { id: 0, login, created_at: at };
    },
    remembered: (name: string): string | null => readMeta.get(name)?.value ?? null,
    remember: (name: string, value: string) => writeMeta.run(name, value),
  };
}
