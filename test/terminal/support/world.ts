/** A person's repository with a real engine over it, whose agents follow a script; terminals attach to it as a person's do. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, CommandInput, CommandResult, CommandType, State } from '@decree/contracts';
import { systemRandom } from '../../../packages/control-plane/src/engine/system/index.ts';
import { type OpenControlPlane, openControlPlane } from '../../../packages/control-plane/src/open-control-plane.ts';
import { createPlace, type Place } from '../../../packages/control-plane/test/engine/support/place.ts';
import { openPty, type Pty } from '../pty.ts';

export const program = fileURLToPath(new URL('../../../packages/control-plane/src/main.ts', import.meta.url));
const agent = fileURLToPath(new URL('agent.mjs', import.meta.url));

export type Script = Record<string, readonly Record<string, unknown>[]>;
export type Size = readonly [columns: number, rows: number];
/** The sizes that every screen is shown at. */
export const sizes = [
  [80, 24],
  [200, 50],
] as const satisfies readonly Size[];

export interface TerminalPlace {
  readonly place: Place;
  readonly env: Readonly<Record<string, string>>;
  script(script: Script): void;
  /** What agents heard and were told, oldest first. */
  notes(): Record<string, unknown>[];
  /** `control-plane` with these arguments, in a terminal of this size. */
  open(size: Size, args?: readonly string[], env?: Record<string, string>): Pty;
  /** Ends the terminals that are still open, and takes everything away. */
  remove(): Promise<void>;
}

export interface World extends TerminalPlace {
  readonly plane: OpenControlPlane;
  /** What is asked of the forge goes through here: it can be held back, and answered as another forge would. */
  readonly forge: {
    fetch: typeof globalThis.fetch;
    before: (request: string) => Promise<void>;
    says: (path: string, text: string) => string;
  };
  command<T extends CommandType>(type: T, input: CommandInput<T>): Promise<CommandResult>;
  /** A task's issue number. `status:` and so on with their prefix. */
  addTask(title: string, labels?: readonly string[], body?: string): Promise<number>;
  /** Resolves when the engine's rows are so. */
  until(holds: (state: Rows) => unknown, what: string): Promise<void>;
  attach(size: Size, env?: Record<string, string>, args?: readonly string[]): Pty;
}

type Row<Name extends keyof State> = State[Name][string];
export interface Rows {
  readonly tasks: readonly Row<'tasks'>[];
  readonly runs: readonly Row<'runs'>[];
  readonly approvals: readonly Row<'approvals'>[];
  readonly pulls: readonly Row<'pulls'>[];
}

/** A zone in which it is about noon: no test meets midnight, and every moment is one of today. */
const aroundNoon = (): string => {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
};

const configText = (command: readonly string[], more: object): string =>
  `export default ${JSON.stringify({
    sensors: { issues: { pollIntervalSeconds: 1 }, specs: { pollIntervalSeconds: 1 }, pulls: { pollIntervalSeconds: 1 } },
    agents: {
      ...Object.fromEntries(['planner', 'implementor', 'reviewer'].map((role) => [role, { adapter: 'scripted' }])),
      adapters: { scripted: { command } },
    },
    approvals: { deadlineSeconds: 7_200 },
    shutdownTimeoutSeconds: 1,
    ...more,
  })};\n`;

export function makeTerminalPlace(files: Record<string, string> = {}, config: object = {}): TerminalPlace {
  const place = createPlace();
  const scriptFile = join(place.root, 'script.json');
  const logFile = join(place.root, 'agent.log');
  const command = [process.execPath, agent, scriptFile, logFile];
  place.commit({
    ...files,
    'control-plane.config.ts': configText(command, { concurrency: { agents: 7, minimumFreeMemoryMb: 0 }, ...config }),
  });
  const [home, runtime] = ['home', 'rt'].map((name) => join(place.root, name)) as [string, string];
  for (const directory of [home, runtime]) mkdirSync(directory, { mode: 0o700 });
  writeFileSync(scriptFile, '{}');
  writeFileSync(logFile, '');
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: runtime, DECREE_DATA: place.state, DECREE_USER: 'ann' },
    ...{ TERM: 'xterm-256color', LANG: 'C.UTF-8', TZ: aroundNoon() },
  };
  const ptys: Pty[] = [];
  return {
    ...{ place, env },
    script: (script) => writeFileSync(scriptFile, JSON.stringify(script)),
    notes: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    open([columns, rows], args = [], more = {}) {
      const pty = openPty({
        ...{ file: process.execPath, args: [program, ...args], columns, rows, cwd: place.repository },
        env: { ...env, ...more },
      });
      ptys.push(pty);
      return pty;
    },
    async remove() {
      for (const pty of ptys) pty.kill('SIGKILL');
      await Promise.all(ptys.map(({ ended }) => ended));
      place.remove();
    },
  };
}

export interface WorldOptions {
  /** Committed before the engine starts, beside what every place has. */
  files?: Record<string, string>;
  script?: Script;
  config?: object;
}

export async function openWorld({ files, script = {}, config }: WorldOptions = {}): Promise<World> {
  const at = makeTerminalPlace(files, config);
  at.script(script);
  let raw: typeof globalThis.fetch = globalThis.fetch;
  const forge: World['forge'] = {
    fetch: (url, init) => raw(url, init),
    before: async () => undefined,
    says: (_path, text) => text,
  };
  const plane = await openControlPlane({
    ...{ directory: at.place.repository, data: at.place.state, env: at.env, pid: process.pid, uid: process.getuid?.() ?? 0 },
    warn: () => undefined,
    // Long enough for every test: an agent that is parked gives its place to the one that is queued.
    config: (config) => ({ ...config, agents: { ...config.agents, parkAfterSeconds: 3_600 } }),
    decorate: {
      fetch(local) {
        raw = local;
        return async (url, init) => {
          const path = new URL(url instanceof Request ? url.url : url).pathname;
          await forge.before(`${init?.method ?? 'GET'} ${path}`);
          const answer = await local(url, init);
          if (answer.status !== 200 && answer.status !== 201) return answer;
          const headers = new Headers(answer.headers);
          headers.delete('content-length');
          return new Response(forge.says(path, await answer.text()), { status: answer.status, headers });
        };
      },
    },
  });
  const { engine } = plane;
  const command: World['command'] = (type, input) =>
    engine.execute({ id: systemRandom.uuidv7(), type, actor: { type: 'user', id: 'ann' }, input } as Command);
  return {
    ...at,
    ...{ plane, forge, command },
    async addTask(title, labels = [], body = '') {
      return (await command('task.add', { title, labels: [...labels], body })).issue as number;
    },
    async until(holds, what) {
      let runsThen: readonly string[] = [];
      const look = async () => {
        const { tasks, runs, approvals, pulls } = await engine.query('snapshot', {});
        runsThen = runs.map(({ role, issue, state }) => `${role} #${issue} ${state}`);
        return holds({ tasks, runs, approvals, pulls });
      };
      await poll(look, what).catch((cause: unknown) => {
        throw new Error(`waited in vain for ${what}; runs: ${runsThen.join(', ')}`, { cause });
      });
    },
    attach: (size, env, args = []) => at.open(size, ['attach', ...args], env),
    async remove() {
      await plane.close('the test ended');
      await at.remove();
    },
  };
}

/** Asks again until it holds. */
export async function poll(ask: () => unknown, what: string, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !(await ask()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
