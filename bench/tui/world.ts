/** A person's repository whose forge holds 2,000 tasks, and the program `control-plane` over it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@decree/client';
import type { Command, CommandInput, CommandResult, CommandType, Engine } from '@decree/contracts';
import { chooseSocketPath } from '../../packages/control-plane/src/api/socket-path.ts';
import { createLocalForge } from '../../packages/control-plane/src/engine/forge/local/local-forge.ts';
import { systemClock, systemRandom } from '../../packages/control-plane/src/engine/system/index.ts';
import { createPlace } from '../../packages/control-plane/test/engine/support/place.ts';
import { openWatchedPty, type WatchedPty } from './watched-pty.ts';

const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** What a person starts. */
export const program = fileAt('../../packages/control-plane/bin/control-plane.mjs');
const agent = fileAt('agent.mjs');

export interface World {
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Fills the forge with this many tasks, through its own REST interface; returns how long that took. */
  fill(tasks: number): Promise<number>;
  /** `control-plane` with these arguments, in a terminal. */
  open(args: readonly string[], size?: { columns: number; rows: number }, node?: readonly string[]): WatchedPty;
  /** The running engine, over its socket. */
  connect(): Promise<Connected>;
  /** How many agents have said anything. */
  talking(): number;
  /** Bytes that agents have said until now, as kept in their transcripts. */
  saidBytes(): number;
  /** How long one report is in a transcript, on average. */
  bytesPerLine(): number;
  remove(): Promise<void>;
}

export interface Connected {
  readonly engine: Engine;
  command<T extends CommandType>(type: T, input: CommandInput<T>): Promise<CommandResult>;
}

export const screenSize = { columns: 200, rows: 50 } as const;

export function makeWorld({ agents, linesPerSecond }: { agents: number; linesPerSecond: number }): World {
  const place = createPlace();
  const config = {
    agents: {
      ...Object.fromEntries(['planner', 'implementor', 'reviewer'].map((role) => [role, { adapter: 'talker' }])),
      adapters: { talker: { command: [process.execPath, agent, String(linesPerSecond)] } },
    },
    concurrency: { agents, minimumFreeMemoryMb: 0 },
    tui: { bell: false, notifications: 'off' },
    shutdownTimeoutSeconds: 1,
  };
  place.commit({ 'control-plane.config.ts': `export default ${JSON.stringify(config)};\n` });
  const [home, runtime] = ['home', 'rt'].map((name) => join(place.root, name)) as [string, string];
  for (const directory of [home, runtime]) mkdirSync(directory, { mode: 0o700 });
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: runtime, DECREE_DATA: place.state, DECREE_USER: 'ann' },
    ...{
      TERM: 'xterm-256color',
      COLORTERM: 'truecolor',
      LANG: 'C.UTF-8',
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'),
    },
  };
  const opened: WatchedPty[] = [];
  const kept = join(place.state, 'transcripts');
  const transcripts = () => (existsSync(kept) ? readdirSync(kept).map((name) => join(kept, name)) : []);
  return {
    env,
    directory: place.repository,
    async fill(tasks) {
      const began = performance.now();
      const forge = createLocalForge({
        ...{ directory: join(place.state, 'forge'), repository: { owner: 'local', name: 'repo' }, defaultBranch: 'main' },
        ...{ clock: systemClock, random: systemRandom, env, rateLimit: 1_000_000 },
        onError(error) {
          throw error;
        },
      });
      for (let number = 1; number <= tasks; number += 1) {
        const issue = {
          title: `Task ${number}: ${titles[number % titles.length]}`,
          body: `Do it.\n\n- [ ] number ${number}`,
          labels: ['task:implement', 'status:pending', 'priority:low'],
        };
        const request = new Request('http://localhost/repos/local/repo/issues', { method: 'POST', body: JSON.stringify(issue) });
        const response = await forge.fetch(request);
        if (response.status !== 201)
          throw new Error(`issue ${number}: expected 201, got ${response.status} ${await response.text()}`);
      }
      await forge.close();
      return performance.now() - began;
    },
    open(args, size = screenSize, node = []) {
      const pty = openWatchedPty({ args: [...node, program, ...args], cwd: place.repository, env, ...size });
      opened.push(pty);
      return pty;
    },
    async connect() {
      const token = readFileSync(join(place.state, 'operator-token'), 'utf8').trim();
      const socketPath = await chooseSocketPath({
        stateDirectory: place.state,
        runtimeDirectory: runtime,
        uid: process.getuid?.() ?? 0,
      });
      const engine = createClient({ socketPath, token, sleep: systemClock.sleep });
      return {
        engine,
        command: (type, input) =>
          engine.execute({ id: systemRandom.uuidv7(), type, actor: { type: 'user', id: 'ann' }, input } as Command),
      };
    },
    talking: () => transcripts().filter((file) => statSync(file).size > 2_000).length,
    saidBytes: () => transcripts().reduce((sum, file) => sum + statSync(file).size, 0),
    bytesPerLine() {
      const text = readFileSync(transcripts()[0] as string, 'utf8');
      return Buffer.byteLength(text) / (text.split('\n').length - 1);
    },
    async remove() {
      for (const pty of opened) pty.kill('SIGKILL');
      await Promise.all(opened.map(({ ended }) => ended));
      place.remove();
    },
  };
}

const titles = [
  'print the version',
  'find the cart of yesterday',
  'send a receipt 収入印紙 📧',
  'keep a basket over a restart',
  'say what is out of stock',
];
