import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdState, type Ledger, LedgerUnusable, openSqliteLedger } from '../../src/engine/ledger/index.ts';
import { type Migration, migrations } from '../../src/engine/ledger/migrations/index.ts';
import { migrateSqlite } from '../../src/engine/ledger/sqlite/migrate.ts';
import { ledgerOver, openFile } from '../../src/engine/ledger/sqlite/open.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createLogger } from '../../src/engine/system/log.ts';
import { created, event, newId, queued, started } from './events.ts';

const log = createLogger({ level: 'silent' });
let directory: string;
let file: string;
const open = (at = file): Promise<Ledger> => openSqliteLedger({ file: at, clock: systemClock, log });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decree-ledger-'));
  file = join(directory, 'ledger.db');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a ledger file', () => {
  test('of a newer Decree is refused and left as it is', async () => {
    await (await open()).close();
    edit("update meta set value = '99' where name = 'schema'");
    await expect(open()).rejects.toThrow(/written by a newer Decree: its schema is 99/);
    await expect(open()).rejects.toBeInstanceOf(LedgerUnusable);
  });

  test('that is no SQLite file, or another program’s, is refused with what to do', async () => {
    await writeFile(
      file,
      'this is a text that is long enough to be taken for a header of something else, and is none'.repeat(20),
    );
    await expect(open()).rejects.toThrow(/not a SQLite file/);
    const other = join(directory, 'other.db');
    edit('create table notes (text)', other);
    await expect(open(other)).rejects.toThrow(/not a ledger of Decree/);
  });

  test('that is damaged is refused when the damage is met', async () => {
    const ledger = await open();
    for (let n = 0; n < 50; n += 1) await ledger.commit({ events: [created(newId())] });
    await ledger.close();
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0xff, Math.floor(bytes.length / 2)));
    const attempt = open().then(async (damaged) => {
      try {
        await damaged.verify();
      } finally {
        await damaged.close();
      }
    });
    await expect(attempt).rejects.toThrow(/damaged/);
  });

  test('whose directory is missing, or is itself a directory, is refused', async () => {
    await expect(open(join(directory, 'no', 'ledger.db'))).rejects.toThrow(/directory does not exist/);
    await mkdir(join(directory, 'dir.db'));
    await expect(open(join(directory, 'dir.db'))).rejects.toThrow(LedgerUnusable);
  });

  test('in a directory that may not be written is refused', async () => {
    await expect(open('/proc/ledger.db')).rejects.toThrow(/may not write there|directory does not exist/);
  });

  test('is copied before it is brought to a newer schema, once for each time', async () => {
    const ledger = await open();
    const taskId = newId();
    await ledger.commit({ events: [created(taskId)] });
    await ledger.close();
    const next: Migration = {
      version: migrations.length + 1,
      name: 'one more',
      up: ({ db, text }) => [db.schema.createTable('later').addColumn('id', text)],
    };
    const db = new Database(file);
    const copy = migrateSqlite(db, file, [...migrations, next]);
    expect(db.prepare("select value from meta where name = 'schema'").pluck().get()).toBe(String(next.version));
    expect(migrateSqlite(db, file, [...migrations, next])).toBeNull();
    db.close();
    await expect(open()).rejects.toThrow(/newer Decree/);
    const before = await open(copy!);
    expect(await before.get('tasks', taskId)).not.toBeNull();
    await before.close();
  });

  test('keeps its old schema when a migration fails', async () => {
    await (await open()).close();
    const broken: Migration = {
      version: migrations.length + 1,
      name: 'broken',
      up: ({ db }) => [db.schema.createTable('half').addColumn('id', sql`text`), db.schema.dropTable('there_is_none')],
    };
    const db = new Database(file);
    expect(() => migrateSqlite(db, file, [...migrations, broken])).toThrow(/there_is_none/);
    db.close();
    const ledger = await open();
    expect(await ledger.verify()).toMatchObject({ ok: true });
    await ledger.close();
  });

  test('on a full disk refuses the commit, keeps what was acknowledged and goes on when there is room', async () => {
    const db = openFile(file, log);
    const ledger = ledgerOver(db, { file, clock: systemClock, log });
    await ledger.commit({ events: [created(newId())] });
    // The limit is the connection's own; SQLite answers as it does when the disk has no room.
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
    const big = () => event('system.warned', { code: 'notify_failed', message: 'x'.repeat(3900) });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => ledger.commit({ events: [big(), big()] })));
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { name: 'LedgerUnusable' } });
    await expect(ledger.commit({ events: [big()] })).rejects.toThrow(/disk is full.*free some space/);
    db.pragma('max_page_count = 1000000');
    await ledger.commit({ events: [big()] });
    expect(await ledger.verify()).toMatchObject({ ok: true, events: 2 });
    await ledger.close();
  });

  test('is backed up while it is written to, and the copy is whole', async () => {
    const ledger = await open();
    for (let n = 0; n < 300; n += 1) void ledger.commit({ events: [created(newId())] });
    await ledger.commit({ events: [created(newId())] });
    const copy = join(directory, 'copy.db');
    const backup = ledger.backup(copy);
    const meanwhile = Promise.all(Array.from({ length: 50 }, () => ledger.commit({ events: [created(newId())] })));
    await Promise.all([backup, meanwhile]);
    await expect(ledger.backup(copy)).rejects.toMatchObject({ code: 'conflict' });
    await ledger.close();
    expect((await readdir(directory)).filter((name) => name.includes('partial'))).toEqual([]);
    const restored = await open(copy);
    const report = await restored.verify();
    expect(report).toMatchObject({ ok: true });
    expect(report.events).toBeGreaterThanOrEqual(301);
    expect(await restored.compareWithRebuild()).toEqual([]);
    await restored.commit({ events: [created(newId())] });
    await restored.close();
  });

  test('that another connection wrote to is read anew', async () => {
    const ledger = await open();
    const [taskId, runId] = [newId(), newId()];
    await ledger.commit({ events: [created(taskId), queued(taskId, runId)] });
    const second = await open();
    await second.commit({ events: [started(taskId, runId)] });
    await expect(ledger.commit({ events: [started(taskId, runId)] })).rejects.toThrow(/does not follow on running/);
    await ledger.commit({ events: [created(newId())] });
    expect(await ledger.verify()).toMatchObject({ ok: true, events: 4 });
    await second.close();
    await ledger.close();
  });

  test('that was closed refuses commits and is left in one file', async () => {
    const ledger = await open();
    const last = ledger.commit({ events: [created(newId())] });
    await ledger.close();
    await expect(last).resolves.toHaveLength(1);
    await expect(ledger.commit({ events: [created(newId())] })).rejects.toThrow(LedgerUnusable);
    expect(await readdir(directory)).toEqual(['ledger.db']);
  });
});

describe('the log before the file', () => {
  test('stays small in a flood of commits, moved beside them, and is gone when the ledger is closed', async () => {
    const db = openFile(file, log);
    // Where commits would have to do it themselves, far off.
    db.pragma('wal_autocheckpoint = 1000000');
    const ledger = ledgerOver(db, { file, clock: systemClock, log });
    const size = async () => (await stat(`${file}-wal`)).size;
    const flood = async (groups: number) => {
      for (let n = 0; n < groups; n += 1)
        await Promise.all(Array.from({ length: 20 }, () => ledger.commit({ events: [created(newId())] })));
    };
    await flood(50);
    let written = 50;
    // Each group may write to the log what was already moved: it begins anew, and does not grow.
    for (let before = -1; before !== (await size()); written += 10) {
      before = await size();
      await flood(10);
      expect(written).toBeLessThan(2_000);
    }
    await ledger.close();
    expect(await readdir(directory)).toEqual(['ledger.db']);
  });
});

describe('kill -9', () => {
  test('in the middle of commits loses nothing that was acknowledged, and the chains hold', async () => {
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, [fileURLToPath(new URL('./writer.ts', import.meta.url)), file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8');
      for await (const chunk of child.stdout) {
        output += chunk;
        if (output.split('\n').length > 40 + round * 30) child.kill('SIGKILL');
      }
      const acknowledged = output.split('\n').slice(0, -1);
      expect(acknowledged.length).toBeGreaterThanOrEqual(40);
      const ledger = await open();
      for (const id of acknowledged) expect(await ledger.event(id)).not.toBeNull();
      expect(await ledger.verify()).toMatchObject({ ok: true });
      expect(await ledger.compareWithRebuild()).toEqual([]);
      await ledger.close();
    }
  });

  test('frees the state directory, which is one engine’s until then', async () => {
    const held = fileURLToPath(new URL('./holder.ts', import.meta.url));
    const child = spawn(process.execPath, [held, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const owner = { pid: process.pid, since: systemClock.now() };
    expect(() => holdState(directory, owner)).toThrow(new RegExp(`held by process ${child.pid}, since 2026-01-01`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const mine = holdState(directory, owner);
    expect(() => holdState(directory, owner)).toThrow(LedgerUnusable);
    mine.release();
    mine.release();
    holdState(directory, owner).release();
    expect(() => holdState(join(directory, 'none'), owner)).toThrow(LedgerUnusable);
  });
});

function edit(text: string, at = file): void {
  const db = new Database(at);
  db.exec(text);
  db.close();
}
