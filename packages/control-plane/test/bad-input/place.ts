import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../api/open-door.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const launcher = fileURLToPath(new URL('../../bin/control-plane.mjs', import.meta.url));

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed until now. */
  out(): string;
  err(): string;
  /** Resolves when it has printed this. */
  says(words: RegExp | string): Promise<void>;
}

/** A person's machine in small: a home, a repository, a state directory; everything goes with `remove`. */
export interface Place {
  readonly root: string;
  readonly repo: string;
  readonly state: string;
  git(...args: string[]): string;
  write(files: Record<string, string | Buffer>, below?: string): Promise<void>;
  commit(files?: Record<string, string | Buffer>): Promise<void>;
  start(...args: string[]): Started;
  run(...args: string[]): Promise<Ended>;
  /** A line of shell in the repository, where `control_plane` is the command as a person has it. */
  shell(line: string): Promise<Ended>;
  /** The engine, once it is ready. */
  engine(): Promise<Started>;
  remove(): Promise<void>;
}

export async function makePlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'decree-bad-input-'));
  const [repo, state, home, runtime] = ['repo', 'state', 'home', 'rt'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const directory of [repo, home]) await mkdir(directory);
  await mkdir(runtime, { mode: 0o700 });
  const who = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, 'Ada'],
      [`GIT_${role}_EMAIL`, 'ada@example.com'],
    ]),
  );
  const env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: runtime, DECREE_DATA: state, NO_COLOR: '1', ...who };
  const children: ChildProcess[] = [];

  const place: Place = {
    ...{ root, repo, state },
    git: (...args) => execFileSync('git', args, { cwd: repo, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    async write(files, below = repo) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(below, name)), { recursive: true });
        await writeFile(join(below, name), content);
      }
    },
    async commit(files = {}) {
      await place.write({ '.gitignore': '.worktrees/\n', ...files });
      place.git('add', '--all');
      place.git('commit', '-q', '--allow-empty', '-m', 'Prepare');
    },
    start: (...args) => launch(process.execPath, [program, ...args]),
    run: (...args) => place.start(...args).ended,
    shell: (line) => launch('/bin/sh', ['-c', `control_plane() { "${process.execPath}" "${launcher}" "$@"; }\n${line}`]).ended,
    async engine() {
      const started = place.start('--headless');
      await started.says('engine ready');
      return started;
    },
    async remove() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      await rm(root, { recursive: true, force: true });
    },
  };
  function launch(file: string, args: string[]): Started {
    const child = spawn(file, args, { cwd: repo, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
    return {
      ...{ child, ended },
      out: () => said.out,
      err: () => said.err,
      async says(words) {
        const heard = () => (typeof words === 'string' ? said.out.includes(words) : words.test(said.out));
        await until(() => heard() || child.exitCode !== null, `it says ${words}`, 30_000).catch(() => undefined);
        if (!heard()) throw new Error(`it never said ${words}; it said:\n${said.out}${said.err}`);
      },
    };
  }
  place.git('init', '-q', '-b', 'main');
  return place;
}
