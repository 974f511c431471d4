import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecreeError } from '@decree/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Check, type DoctorOptions, runDoctor } from '../../src/cli/doctor.ts';
import { parseConfig } from '../../src/config/index.ts';
import { exec } from '../../src/engine/system/process.ts';
import { outputs } from '../api/samples.ts';
import { cli } from './run-in-process.ts';

let directory: string;
const env = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};
const run = (file: string, args: readonly string[]) => exec(file, args, { env });
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decree-doctor-'));
  await run('git', ['init', '-q', '-b', 'main', directory]);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = (changes: Partial<DoctorOptions> = {}): DoctorOptions => ({
  directory,
  nodeVersion: process.version,
  exec: run,
  openRepository: async () => ({ root: directory, defaultBranch: 'main' }),
  readConfig: async () => parseConfig({}, 'config'),
  parseDefinition: (text, name) => {
    if (!text.startsWith('---')) throw new DecreeError('invalid', `${name}: expected frontmatter`);
  },
  findClaude: async () => '/opt/claude',
  checkStateDirectory: async () => '/state',
  checkSocket: async () => '/run/x.sock',
  health: async () => null,
  checkPostgres: async () => '15.1',
  ...changes,
});
const named = (checks: Check[], name: string) => checks.find((check) => check.name === name);

async function prepare(): Promise<void> {
  await writeFile(join(directory, '.gitignore'), '.worktrees/\n');
  await mkdir(join(directory, '.claude/agents'), { recursive: true });
  for (const role of ['planner', 'implementor', 'reviewer'])
    await writeFile(join(directory, `.claude/agents/${role}.md`), '---\n---\n');
  await run('git', ['-C', directory, 'add', '-A']);
  await run('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x']);
}

describe('doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    await prepare();
    const checks = await runDoctor(options({ health: async () => outputs.health }));
    expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      'node',
      'git',
      'gh',
      'repository',
      'state directory',
      'default branch',
      '.gitignore',
      'config',
      'agent definitions',
      'claude',
      'socket',
      'engine',
    ]);
    expect(named(checks, 'engine')?.found).toBe('ready, version 0.1.0, 1 of 4 agents at work, 1 thing needs you');
  });

  it('names everything that is missing at once, each with how to mend it', async () => {
    const checks = await runDoctor(options({ findClaude: async () => null, nodeVersion: 'v20.1.0' }));
    const failed = checks.filter(({ state }) => state === 'fail');
    expect(failed.map(({ name }) => name)).toEqual(['node', 'default branch', '.gitignore', 'agent definitions', 'claude']);
    for (const check of failed) expect(check.mend).toBeTruthy();
    expect(named(checks, 'agent definitions')?.found).toContain('.claude/agents/planner.md');
  });

  it('goes on where one check throws', async () => {
    await prepare();
    await writeFile(join(directory, '.claude/agents/planner.md'), 'no frontmatter');
    const fail = async (): Promise<never> => {
      throw new DecreeError('invalid', 'it is\nbroken\u001b[31m');
    };
    const checks = await runDoctor(options({ readConfig: fail, checkSocket: fail, health: fail }));
    expect(checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual([
      'config',
      'agent definitions',
      'socket',
      'engine',
    ]);
    expect(named(checks, 'config')?.found).toBe('it is broken');
    expect(named(checks, 'agent definitions')?.found).toBe('planner.md: expected frontmatter');
  });

  it('says once that the state directory cannot be used, and nothing of what would lie in it', async () => {
    await prepare();
    const fail = async (): Promise<never> => {
      throw new DecreeError('invalid', 'it cannot be made');
    };
    const checks = await runDoctor(options({ readConfig: fail, checkSocket: fail, checkStateDirectory: fail, health: fail }));
    expect(checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(['state directory']);
  });

  it('outside a repository still looks at the machine', async () => {
    const checks = await runDoctor(
      options({
        openRepository: async () => {
          throw new DecreeError('invalid', 'this is no git repository');
        },
      }),
    );
    expect(named(checks, 'repository')).toMatchObject({ state: 'fail', mend: expect.stringContaining('--repo') });
    expect(named(checks, 'config')).toBeUndefined();
    expect(named(checks, 'git')?.state).toBe('ok');
    expect(named(checks, 'socket')).toBeUndefined();
  });

  it('asks Postgres only when the config names one', async () => {
    await prepare();
    expect(named(await runDoctor(options()), 'postgres')).toBeUndefined();
    const readConfig = async () => parseConfig({ store: { postgresUrl: 'postgres://localhost/x' } }, 'config');
    expect(named(await runDoctor(options({ readConfig })), 'postgres')).toMatchObject({ state: 'ok', found: '15.1' });
  });

  it.each([
    ['git version 2.35.8', 'fail'],
    ['git version 2.36.0', 'ok'],
    ['git version 2.50.1 (Apple Git-155)', 'ok'],
    ['git version 3.0', 'ok'],
  ])('says whether %s is new enough: %s', async (said, state) => {
    const answer = async (file: string, args: readonly string[]) =>
      file === 'git' && args[0] === '--version' ? { exitCode: 0, stdout: said, stderr: '' } : run(file, args);
    const checks = await runDoctor(options({ exec: answer as DoctorOptions['exec'] }));
    expect(named(checks, 'git')).toMatchObject({ state, found: said });
  });

  it('does without gh, and without claude when no role needs it', async () => {
    await prepare();
    const mine = {
      planner: { adapter: 'x' },
      implementor: { adapter: 'x' },
      reviewer: { adapter: 'x' },
      adapters: { x: { command: ['x'] } },
    };
    const checks = await runDoctor(
      options({
        exec: (file, args) => run(file === 'gh' ? '/nonexistent/gh' : file, args),
        findClaude: async () => null,
        readConfig: async () => parseConfig({ agents: mine }, 'config'),
      }),
    );
    expect([named(checks, 'gh')?.state, named(checks, 'claude')?.state]).toEqual(['warn', 'warn']);
  });
});

it('as a verb prints the list, and exits 1 when something needed is missing', async () => {
  const checks: Check[] = [
    { name: 'git', state: 'ok', found: '2.40' },
    { name: 'config', state: 'fail', found: 'broken', mend: 'mend it' },
  ];
  const shown = await cli(null, ['doctor'], { doctor: async () => checks });
  expect([shown.code, shown.out]).toEqual([1, 'ok    git     2.40\nfail  config  broken\n              → mend it\n']);
  expect((await cli(null, ['doctor', '--json'], { doctor: async () => checks })).json()).toEqual({ ok: false, checks });
});

it('init as a verb says what it did and what to commit', async () => {
  const shown = await cli(null, ['init'], {
    init: async () => ({
      steps: [
        { action: 'wrote', path: 'a' },
        { action: 'changed', path: '.gitignore', note: '.worktrees/' },
        { action: 'kept', path: 'b' },
      ],
      commit: ['a', '.gitignore'],
    }),
  });
  expect(shown.out).toContain('wrote    a\nchanged  .gitignore  (.worktrees/)\nkept     b\n');
  expect(shown.out).toContain('git add a .gitignore\n');
});
