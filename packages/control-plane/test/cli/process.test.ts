import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryEngine, type MemoryEngine } from '../api/memory-engine.ts';
import { type OpenDoor, openDoor, operatorToken, until } from '../api/open-door.ts';
import { eventAt } from '../api/samples.ts';

let memory: MemoryEngine;
let door: OpenDoor;
let children: ChildProcess[];
beforeEach(async () => {
  memory = createMemoryEngine();
  door = await openDoor(memory.engine);
  children = [];
});
afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await door.close();
});

const program = fileURLToPath(new URL('main-for-test.ts', import.meta.url));

function start(...args: string[]) {
  const child = spawn(process.execPath, [program, door.socketPath, operatorToken, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  const ended = once(child, 'close').then(([code]) => code as number);
  return { child, ended, err: text(child.stderr) };
}

it('commands a running engine, with the body from stdin', async () => {
  const { child, ended, err } = start('task', 'add', 'Greet', '--body', '-');
  child.stdin.end('Say „hello“.\n');
  expect(await text(child.stdout)).toBe('did task.add\n');
  expect([await ended, await err]).toEqual([0, '']);
  expect(memory.executed[0]).toMatchObject({
    type: 'task.add',
    input: { title: 'Greet', body: 'Say „hello“.\n' },
    actor: { type: 'user', id: 'ada' },
  });
});

it('ends with the code of the refusal, and says it on stderr', async () => {
  await door.listener.stop();
  const { child, ended, err } = start('runs', '--json');
  expect(await text(child.stdout)).toBe('');
  expect(await ended).toBe(6);
  expect(JSON.parse(await err)).toMatchObject({ code: 'unavailable' });
});

it('is quiet when its reader has seen enough', async () => {
  memory.append(Array.from({ length: 5000 }, (_, index) => eventAt(index + 1, { payload: { text: 'x'.repeat(500) } } as never)));
  const { child, ended, err } = start('export');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect([await ended, await err]).toEqual([0, '']);
});

it('follows until Ctrl-C, and ends without a complaint', async () => {
  const { child, ended, err } = start('events', '--follow', '--json');
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  await until(() => memory.followers() === 1, 'it follows');
  memory.append([eventAt(1), eventAt(2)]);
  await until(() => out.split('\n').length === 3, 'both lines came');
  child.kill('SIGINT');
  expect([await ended, await err]).toEqual([0, '']);
  await until(() => memory.followers() === 0, 'the engine noticed');
});

it('reads a TypeScript config under the loader that it runs under', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'decree-config-'));
  const { child, ended, err } = start('--repo', directory);
  expect(await text(child.stdout)).toBe('{"n":2}\n');
  expect([await ended, await err]).toEqual([0, '']);
  await rm(directory, { recursive: true });
});
