import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { initRepository } from '../../src/cli/init.ts';
import { evaluateConfig, parseConfig } from '../../src/config/index.ts';

const run = promisify(execFile);
let directory: string;
let root: string;
let templates: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decree-init-'));
  root = join(directory, 'repository');
  templates = join(directory, 'templates');
  await mkdir(join(templates, '.claude/agents'), { recursive: true });
  await mkdir(join(templates, 'scripts/workflow'), { recursive: true });
  await writeFile(join(templates, '.claude/agents/planner.md'), 'planner');
  await writeFile(join(templates, 'scripts/workflow/gh.sh'), '#!/bin/sh\n');
  await chmod(join(templates, 'scripts/workflow/gh.sh'), 0o755);
  await run('git', ['init', '-q', root]);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const init = () => initRepository({ root, templates });
const read = (path: string) => readFile(join(root, path), 'utf8');

it('writes what a repository needs, and says what to commit', async () => {
  const { steps, commit } = await init();
  expect(steps.map(({ action }) => action)).toEqual(['wrote', 'wrote', 'wrote', 'wrote', 'wrote']);
  expect(commit).toEqual([
    'control-plane.config.ts',
    '.gitignore',
    '.claude/agents/planner.md',
    'scripts/workflow/gh.sh',
    'docs/specs/README.md',
  ]);
  await access(join(root, 'scripts/workflow/gh.sh'), constants.X_OK);
  await run('git', ['-C', root, 'check-ignore', '-q', '.worktrees/x']);
  await run('git', ['-C', root, 'check-ignore', '-q', 'scripts/workflow/.env.local']);
  await run('git', ['-C', root, 'add', '--', ...commit]);
});

it('writes a config that is valid as it stands and has every default', async () => {
  await init();
  const value = await evaluateConfig({
    text: await read('control-plane.config.ts'),
    fileName: 'control-plane.config.ts',
    directory,
  });
  expect(parseConfig(value, 'config')).toEqual(parseConfig({}, 'defaults'));
});

it('writes a spec folder whose own page is no spec', async () => {
  await init();
  expect(await read('docs/specs/README.md')).not.toMatch(/^---/);
});

it('changes nothing the second time', async () => {
  await init();
  const before = await read('.gitignore');
  const { steps, commit } = await init();
  expect(new Set(steps.map(({ action }) => action))).toEqual(new Set(['kept']));
  expect(commit).toEqual([]);
  expect(await read('.gitignore')).toBe(before);
});

it('never overwrites what is there', async () => {
  await mkdir(join(root, '.claude/agents'), { recursive: true });
  await writeFile(join(root, '.claude/agents/planner.md'), 'mine');
  await writeFile(join(root, 'control-plane.config.json'), '{}');
  await mkdir(join(root, 'docs/specs'), { recursive: true });
  await writeFile(join(root, 'docs/specs/a.md'), 'a');
  const { commit } = await init();
  expect(await read('.claude/agents/planner.md')).toBe('mine');
  await expect(stat(join(root, 'control-plane.config.ts'))).rejects.toThrow(/ENOENT/);
  expect(commit).toEqual(['.gitignore', 'scripts/workflow/gh.sh']);
});

it.each([
  ['node_modules', 'node_modules\n.worktrees/\nscripts/workflow/.env.local\nscripts/workflow/.token-cache*\n'],
  ['a\r\nb\r\n', 'a\r\nb\r\n.worktrees/\r\nscripts/workflow/.env.local\r\nscripts/workflow/.token-cache*\r\n'],
  ['/.worktrees\nscripts/workflow/.env.local\n', '/.worktrees\nscripts/workflow/.env.local\nscripts/workflow/.token-cache*\n'],
])('adds to a .gitignore %j only what it lacks, with its own line ends', async (text, expected) => {
  await writeFile(join(root, '.gitignore'), text);
  await init();
  expect(await read('.gitignore')).toBe(expected);
});

it('does not follow a link out of the repository', async () => {
  const outside = join(directory, 'outside');
  await mkdir(outside);
  await symlink(outside, join(root, '.claude'));
  await expect(init()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('leads out of the repository'),
  });
  await expect(stat(join(outside, 'agents'))).rejects.toThrow(/ENOENT/);
});

it('says so when the package has no templates', async () => {
  await expect(initRepository({ root, templates: join(directory, 'none') })).rejects.toMatchObject({ code: 'internal' });
});
