import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const repositoryRoot = join(import.meta.dirname, '..', '..');
export const agentBin = join(repositoryRoot, 'packages/control-plane/bin/agent');

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program with exactly this environment. */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; input?: string },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(file, [...args], { cwd: options.cwd, env: options.env }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? (typeof error.code === 'number' ? error.code : 127) : 0, stdout, stderr });
    });
    // A program that refuses its arguments may be gone before it could have read anything.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

export interface Checkout {
  root: string;
  /** A PATH with node, git and the system's tools, and `gh` only if it was asked for. */
  path: string;
  remove(): Promise<void>;
}

/** A git repository with the workflow scripts in it; `gh` prints what it was started with. */
export async function makeCheckout(options: { gh: boolean }): Promise<Checkout> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'checkout-')));
  const main = join(root, 'main');
  await cp(join(repositoryRoot, 'scripts/workflow'), join(main, 'scripts/workflow'), { recursive: true });
  await writeFile(join(main, '.gitignore'), 'scripts/workflow/.env.local\nscripts/workflow/.token-cache*\n.worktrees/\n');
  const bin = join(root, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  if (options.gh) {
    await writeFile(
      join(bin, 'gh'),
      '#!/bin/sh\nprintf "token=%s\\n" "$GH_TOKEN"\nprintf "host=%s\\n" "$GH_HOST"\n[ -z "$GH_CONFIG_DIR" ] || cat "$GH_CONFIG_DIR/config.yml"\nfor each in "$@"; do printf "argument=%s\\n" "$each"; done\nexit 7\n',
    );
    await chmod(join(bin, 'gh'), 0o755);
  }
  const path = `${bin}:/usr/bin:/bin`;
  const env = { PATH: path, HOME: root, GIT_CONFIG_GLOBAL: '/dev/null' };
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', 'commit', '-q', '-m', 'Start'],
  ]) {
    const outcome = await run('git', args, { cwd: main, env });
    if (outcome.exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${outcome.stderr}`);
  }
  return { root: main, path, remove: () => rm(dirname(main), { recursive: true, force: true }) };
}
