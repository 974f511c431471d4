import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseSocketPath, ensureSocketDirectory } from '../../src/api/index.ts';
import { createMemoryEngine } from './memory-engine.ts';
import { ask, openDoor, operatorToken } from './open-door.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decree-socket-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const uid = process.getuid?.() ?? 0;
const open = () => openDoor(createMemoryEngine().engine, { directory });
const headers = { Authorization: `Bearer ${operatorToken}` };

describe('the socket', () => {
  it('is its owner’s alone', async () => {
    const door = await open();
    expect((await stat(door.socketPath)).mode & 0o777).toBe(0o600);
    await door.close();
  });

  it('is gone after stop, which may be called twice', async () => {
    const door = await open();
    await Promise.all([door.listener.stop(), door.listener.stop()]);
    await expect(stat(door.socketPath)).rejects.toThrow(/ENOENT/);
  });

  it('takes the place of one that a killed engine left', async () => {
    const program = `require('net').createServer().listen(${JSON.stringify(join(directory, 'd.sock'))}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const door = await open();
    expect((await ask(door.socketPath, { path: '/v1/health', headers })).status).toBe(200);
    await door.close();
  });

  it('leaves one alone that somebody answers on', async () => {
    const door = await open();
    await expect(open()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('already answers') });
    expect((await ask(door.socketPath, { path: '/v1/health', headers })).status).toBe(200);
    await door.close();
  });

  it('leaves a file alone that is no socket', async () => {
    await writeFile(join(directory, 'd.sock'), 'mine');
    await expect(open()).rejects.toMatchObject({ code: 'conflict' });
    expect((await stat(join(directory, 'd.sock'))).size).toBe(4);
  });

  it('is refused where its path is longer than the kernel takes, with a hint', async () => {
    const long = join(directory, 'x'.repeat(110));
    await mkdir(long, { mode: 0o700 });
    await expect(openDoor(createMemoryEngine().engine, { directory: long })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/107 bytes.*XDG_RUNTIME_DIR/),
    });
  });

  it('lets an answer in progress end before it stops', async () => {
    const memory = createMemoryEngine();
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const door = await openDoor(
      {
        ...memory.engine,
        async query() {
          begun.resolve();
          await promise;
          return { late: true } as never;
        },
      },
      { directory },
    );
    const answer = ask(door.socketPath, { path: '/v1/health', headers });
    await begun.promise;
    const stopped = door.listener.stop();
    resolve();
    expect((await answer).json()).toEqual({ late: true });
    await stopped;
  });
});

describe('the socket’s directory', () => {
  it('is made for its owner alone', async () => {
    const path = join(directory, 'new', 'd.sock');
    await ensureSocketDirectory(path, { uid, create: true });
    expect((await stat(join(directory, 'new'))).mode & 0o777).toBe(0o700);
  });

  it('is refused when others can enter it, when it is a link, and when it is another’s', async () => {
    const shared = join(directory, 'shared');
    await mkdir(shared);
    await chmod(shared, 0o755);
    await expect(ensureSocketDirectory(join(shared, 'd.sock'), { uid, create: true })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await symlink(directory, join(directory, 'link'));
    await expect(ensureSocketDirectory(join(directory, 'link', 'd.sock'), { uid, create: true })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(ensureSocketDirectory(join(directory, 'd.sock'), { uid: uid + 1, create: true })).rejects.toThrow(
      /belongs to user/,
    );
  });

  it('may be missing when only a client looks', async () => {
    await ensureSocketDirectory(join(directory, 'none', 'd.sock'), { uid, create: false });
    await expect(stat(join(directory, 'none'))).rejects.toThrow(/ENOENT/);
  });

  it('is short however long the state directory’s path is, and the same for each name of it', async () => {
    const state = join(directory, 'y'.repeat(200));
    await mkdir(state);
    await symlink(state, join(directory, 'alias'));
    const chosen = await chooseSocketPath({ stateDirectory: state, runtimeDirectory: directory, uid });
    expect(chosen.startsWith(join(directory, 'decree/'))).toBe(true);
    expect(await chooseSocketPath({ stateDirectory: join(directory, 'alias'), runtimeDirectory: directory, uid })).toBe(chosen);
    const long = await chooseSocketPath({ stateDirectory: state, runtimeDirectory: state, uid });
    expect(long).toMatch(new RegExp(`^/tmp/decree-${uid}/[0-9a-f]{16}\\.sock$`));
  });
});

it('answers a stale path by a plain server the same as by an engine: it is in use', async () => {
  const server = createServer().listen(join(directory, 'd.sock'));
  await once(server, 'listening');
  await expect(open()).rejects.toMatchObject({ code: 'conflict' });
  server.close();
});
