/*
 * How long from a person's word to an agent's run: `task.dispatch` accepted → `run.started` seen, with the policy's decision
 * and all records included, on the whole real engine (SQLite, Cedar, local forge). The agent's definition is missing, so the
 * run is refused at preparation, ends at once, and the next can be measured; the worktree's time is measured apart.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandOf, DecreeError } from '@decree/contracts';
import type { Ledger } from '../packages/control-plane/src/engine/ledger/port.ts';
import { openSqliteLedger } from '../packages/control-plane/src/engine/ledger/sqlite/open.ts';
import { createRecord } from '../packages/control-plane/src/engine/record.ts';
import {
  childEnv,
  createLogger,
  exec,
  processEnv,
  systemClock,
  systemRandom,
} from '../packages/control-plane/src/engine/system/index.ts';
import { type OpenControlPlane, openControlPlane } from '../packages/control-plane/src/open-control-plane.ts';
import { formatTable, milliseconds, quantile } from './table.ts';

const samples = 200;
const warmUp = 30;
/** `flat`: the median, against the first. */
const bounds = { p50: 5, p99: 25, flat: 1.5 };
const sizes = [10, 1_000, 100_000];
const repositoryId = 'local/project';

/** Other sizes than these can be named: `dispatch 10 1000`. */
export async function run(named: readonly string[] = []): Promise<boolean> {
  const chosen = named.length > 0 ? named.map(Number) : sizes;
  const rows: string[][] = [];
  let held = true;
  let flat = 0;
  for (const size of chosen) {
    const measured = await measure(size);
    const p50 = quantile(measured.dispatch, 0.5);
    const p99 = quantile(measured.dispatch, 0.99);
    flat ||= p50;
    held &&= p50 <= bounds.p50 && p99 <= bounds.p99 && p50 <= flat * bounds.flat;
    rows.push([
      `${size.toLocaleString('en')} runs`,
      milliseconds(p50),
      milliseconds(p99),
      `${(p50 / flat).toFixed(2)}×`,
      milliseconds(quantile(measured.fsync, 0.5)),
      `${(p50 / quantile(measured.fsync, 0.5)).toFixed(1)}×`,
      milliseconds(quantile(measured.worktree, 0.5)),
    ]);
  }
  console.log(
    formatTable(
      ['in the ledger', 'dispatch p50', 'p99', 'against the first', 'a durable commit', 'dispatch / commit', 'worktree p50'],
      rows,
    ),
  );
  console.log(
    `bounds: p50 ≤ ${bounds.p50} ms, p99 ≤ ${bounds.p99} ms, p50 ≤ ${bounds.flat}× the first; ${samples} samples each; "a durable commit" is one event alone, in the same run`,
  );
  return held;
}

async function measure(size: number) {
  const directory = await mkdtemp(join(tmpdir(), 'decree-bench-'));
  try {
    const project = await makeProject(directory);
    const data = join(directory, 'state');
    await mkdir(data, { mode: 0o700 });
    await prefill(data, size);
    const plane = await openControlPlane({
      ...{ directory: project, data, env: processEnv(), pid: process.pid, uid: process.getuid?.() ?? 0, warn: () => undefined },
    });
    try {
      const dispatch: number[] = [];
      for (let index = 0; index < warmUp + samples; index += 1) {
        const took = await dispatchOnce(plane, 1 + (index % 5));
        if (index >= warmUp) dispatch.push(took);
      }
      return { dispatch, fsync: await measureCommits(directory), worktree: await measureWorktrees(plane) };
    } finally {
      await plane.close('measured');
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The Implementor's definition is not there: a run is refused before a workspace is made. */
async function makeProject(directory: string): Promise<string> {
  const project = join(directory, 'project');
  await mkdir(join(project, '.claude/agents'), { recursive: true });
  await writeFile(join(project, '.gitignore'), '.worktrees/\n');
  await writeFile(
    join(project, 'control-plane.config.json'),
    JSON.stringify({ agents: { implementor: { definition: 'absent' } }, logging: { level: 'error' } }),
  );
  for (let index = 0; index < 100; index += 1) await writeFile(join(project, `file-${index}.txt`), `${index}\n`.repeat(50));
  const env = childEnv(processEnv(), { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' });
  const git = (...args: string[]) =>
    exec('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: project, env });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=Begin');
  return project;
}

/** By a process of its own: what it leaves on the heap is not measured. */
async function prefill(data: string, size: number): Promise<void> {
  const program = fileURLToPath(new URL('dispatch/fill.ts', import.meta.url));
  await exec(process.execPath, [program, data, String(size)], { cwd: data, env: childEnv(processEnv(), {}) });
}

async function dispatchOnce(plane: OpenControlPlane, issue: number): Promise<number> {
  const { engine } = plane;
  const task = await ready(plane, issue);
  const stop = new AbortController();
  const started = new Promise<number>((resolve, reject) => {
    (async () => {
      for await (const events of engine.events.follow({}, stop.signal)) {
        if (events.some((event) => event.type === 'run.started' && event.taskId === task)) resolve(performance.now());
        if (events.some((event) => event.type === 'task.followed_up' && event.taskId === task)) return;
      }
    })().then(() => stop.abort(), reject);
  });
  await new Promise((resolve) => setImmediate(resolve));
  const command: CommandOf<'task.dispatch'> = {
    ...{ id: systemRandom.uuidv7(), type: 'task.dispatch', actor: { type: 'user', id: 'bench' }, input: { task } },
  };
  const began = performance.now();
  await engine.execute(command);
  const took = (await started) - began;
  while (!stop.signal.aborted) await new Promise((resolve) => setImmediate(resolve));
  return took;
}

/** A pending task of this number; added when it is not there yet. */
async function ready({ engine }: OpenControlPlane, issue: number): Promise<string> {
  const found = await engine.query('getTask', { task: `#${issue}` }).catch((error: unknown) => {
    if (error instanceof DecreeError && error.code === 'not_found') return null;
    throw error;
  });
  if (found) return found.task.id;
  const added = await engine.execute({
    ...{ id: systemRandom.uuidv7(), type: 'task.add', actor: { type: 'user', id: 'bench' }, input: { title: `Task ${issue}` } },
  });
  return added.taskId as string;
}

/** The floor under everything: one event made durable, alone. */
async function measureCommits(directory: string): Promise<number[]> {
  const log = createLogger({ level: 'error' });
  const ledger: Ledger = await openSqliteLedger({ file: join(directory, 'floor.sqlite'), clock: systemClock, log });
  const record = createRecord(systemClock, systemRandom, (text) => text);
  const took: number[] = [];
  for (let index = 0; index < warmUp + samples; index += 1) {
    const event = record(
      'system.warned',
      { code: 'notify_failed', message: 'one event' },
      { repositoryId, correlationId: systemRandom.uuidv7() },
    );
    const began = performance.now();
    await ledger.commit({ events: [event] });
    if (index >= warmUp) took.push(performance.now() - began);
  }
  await ledger.close();
  return took;
}

async function measureWorktrees(plane: OpenControlPlane): Promise<number[]> {
  const { createWorkspaces } = await import('../packages/control-plane/src/engine/workspaces/create-workspaces.ts');
  const workspaces = await createWorkspaces({
    ...{
      repository: plane.repository,
      stateDirectory: join(plane.places.scratch, 'bench'),
      clock: systemClock,
      env: processEnv(),
    },
    nodePath: process.execPath,
  });
  const base = await workspaces.commitOf(plane.repository.defaultBranch);
  const took: number[] = [];
  for (let issue = 1; issue <= 10; issue += 1) {
    const began = performance.now();
    const workspace = await workspaces.create({
      ...{ runId: systemRandom.uuidv7(), strategy: { kind: 'new', issue, base }, correlationId: systemRandom.uuidv7() },
      author: { name: 'bench', email: 'bench@localhost' },
    });
    took.push(performance.now() - began);
    await workspaces.remove(workspace);
  }
  return took;
}
