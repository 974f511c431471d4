import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DecreeError, type Health, roles } from '@decree/contracts';
import type { Config } from '../config/load.ts';
import type { ExecResult } from '../engine/system/process.ts';
import { plain } from './text.ts';

const leastGit = [2, 36] as const;

export interface Check {
  name: string;
  /** warn: it works without. fail: it does not. */
  state: 'ok' | 'warn' | 'fail';
  /** What is. */
  found: string;
  /** How to mend it; only where there is something to mend. */
  mend?: string;
}

export interface DoctorOptions {
  /** Where the person is, or `--repo`. */
  directory: string;
  nodeVersion: string;
  /** Runs a program; exit code 127 when it cannot start. */
  exec(file: string, args: readonly string[]): Promise<ExecResult>;
  /** The root of the repository around `directory`, its default branch, or DecreeError. */
  openRepository(): Promise<{ root: string; defaultBranch: string }>;
  /** The committed config, or DecreeError. */
  readConfig(): Promise<Config>;
  /** Throws when a definition cannot be used. */
  parseDefinition(text: string, fileName: string): unknown;
  /** The program of the default adapter, or null. */
  findClaude(config: Config | null): Promise<string | null>;
  /** Makes the state directory and writes to it; returns its path. */
  checkStateDirectory(): Promise<string>;
  /** The path where an engine would listen; throws where it cannot. */
  checkSocket(): Promise<string>;
  /** The running engine's health; null when none runs. */
  health(): Promise<Health | null>;
  /** The server's version, or an error. Asked only when the config names one. */
  checkPostgres(url: string): Promise<string>;
}

/** Looks at everything that an engine needs here, one check after the other; a check that fails never hides the next. */
export async function runDoctor(options: DoctorOptions): Promise<Check[]> {
  const { exec } = options;
  const checks: Check[] = [];
  const add = async (name: string, check: () => Promise<Omit<Check, 'name'>>, mend?: string) => {
    const result = await check().catch(
      (error: unknown): Omit<Check, 'name'> => ({ state: 'fail', found: messageOf(error), ...(mend && { mend }) }),
    );
    checks.push({ name, ...result });
    return result.state !== 'fail';
  };

  await add('node', async () => {
    const major = Number(/^v?(\d+)/.exec(options.nodeVersion)?.[1]);
    return major >= 24
      ? ok(options.nodeVersion)
      : { state: 'fail', found: options.nodeVersion, mend: 'run it as control-plane: that finds, or brings, Node 24' };
  });
  await add('git', async () => {
    const { exitCode, stdout } = await exec('git', ['--version']);
    if (exitCode !== 0) return { state: 'fail', found: 'not found', mend: 'install git' };
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout)?.slice(1) ?? []).map(Number);
    if (major > leastGit[0] || (major === leastGit[0] && minor >= leastGit[1])) return ok(plain(stdout));
    return { state: 'fail', found: plain(stdout), mend: `install git ${leastGit.join('.')} or newer` };
  });
  await add('gh', async () => {
    const { exitCode, stdout } = await exec('gh', ['--version']);
    if (exitCode === 0) return ok(plain(stdout.split('\n')[0] ?? ''));
    return { state: 'warn', found: 'not found: agents use the built-in `gh api`', mend: 'install gh for its other commands' };
  });

  let repository: { root: string; defaultBranch: string } | null = null;
  const opened = await add(
    'repository',
    async () => {
      repository = await options.openRepository();
      return ok(repository.root);
    },
    'go to a git repository with at least one commit, or name it with --repo',
  );
  // Everything else is about that repository.
  if (!opened || repository === null) return checks;
  const usable = await add(
    'state directory',
    async () => ok(await options.checkStateDirectory()),
    'choose another with --data or DECREE_DATA',
  );
  await checkRepository(repository, options, usable, add);
  // What lies in it would only fail with it.
  if (!usable) return checks;
  await add('socket', async () => ok(await options.checkSocket()), 'set XDG_RUNTIME_DIR to a short directory of yours');
  await add('engine', async () => {
    const health = await options.health();
    return health
      ? ok(
          `${health.state}, version ${health.version}, ${health.runs.running} of ${health.settings.maxAgents} agents at work, ${health.needsYou} ${health.needsYou === 1 ? 'thing needs' : 'things need'} you`,
        )
      : ok('not running');
  });
  return checks;
}

async function checkRepository(
  { root, defaultBranch }: { root: string; defaultBranch: string },
  options: DoctorOptions,
  stateUsable: boolean,
  add: (name: string, check: () => Promise<Omit<Check, 'name'>>, mend?: string) => Promise<boolean>,
): Promise<void> {
  const { exec } = options;
  await add('default branch', async () => {
    const { exitCode } = await exec('git', [
      '-C',
      root,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `refs/heads/${defaultBranch}^{commit}`,
    ]);
    if (exitCode === 0) return ok(defaultBranch);
    return {
      state: 'fail',
      found: `${defaultBranch} has no commit here`,
      mend: 'commit something on it, or set repositories[0].defaultBranch',
    };
  });
  await add('.gitignore', async () => {
    const { exitCode } = await exec('git', ['-C', root, 'check-ignore', '--quiet', '--', '.worktrees/x']);
    return exitCode === 0
      ? ok('.worktrees/ is ignored')
      : { state: 'fail', found: '.worktrees/ is not ignored', mend: 'control-plane init, then commit .gitignore' };
  });
  let config: Config | null = null;
  if (stateUsable)
    await add(
      'config',
      async () => {
        config = await options.readConfig();
        return ok('valid');
      },
      'mend it, then commit it on the default branch',
    );
  const known = config as Config | null;
  await add(
    'agent definitions',
    async () => {
      const names = new Set(roles.map((role) => known?.agents[role].definition ?? role));
      const directory = join(root, '.claude', 'agents');
      const present = await readdir(directory).catch(() => [] as string[]);
      const missing = [...names].filter((name) => !present.includes(`${name}.md`));
      if (missing.length > 0)
        return {
          state: 'fail',
          found: `missing: ${missing.map((name) => `.claude/agents/${name}.md`).join(', ')}`,
          mend: 'control-plane init, then commit them',
        };
      for (const name of names) options.parseDefinition(await readFile(join(directory, `${name}.md`), 'utf8'), `${name}.md`);
      return ok([...names].join(', '));
    },
    'mend the definition, then commit it on the default branch',
  );
  await add('claude', async () => {
    const found = await options.findClaude(known);
    if (found) return ok(found);
    const needed = known === null || roles.some((role) => known.agents[role].adapter === 'claude');
    return {
      state: needed ? 'fail' : 'warn',
      found: 'not found',
      mend: 'install the package again, with its optional dependencies, or set claude.executable',
    };
  });
  const url = known?.store.postgresUrl;
  if (url) await add('postgres', async () => ok(await options.checkPostgres(url)), 'start the server, or mend store.postgresUrl');
}

const ok = (found: string): Omit<Check, 'name'> => ({ state: 'ok', found });
/** One line: the first of the message, which for a config is followed by its keys. */
const messageOf = (error: unknown): string =>
  (error instanceof DecreeError ? error.message : error instanceof Error ? error.message : String(error))
    .split('\n')
    .map(plain)
    .join(' ');
