import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecreeError, type Engine } from '@decree/contracts';
import {
  type AgentDoor,
  createDoor,
  type ForgeRequest,
  type Listener,
  type PushRequest,
  serveOnSocket,
} from '../../src/api/index.ts';
import { systemClock } from '../../src/engine/system/clock.ts';

export const operatorToken = 'operator-token-of-this-test';
export const runToken = 'run-token-of-this-test';

export interface OpenDoor {
  socketPath: string;
  listener: Listener;
  faults: unknown[];
  forgeRequests: { token: string; request: ForgeRequest }[];
  pushes: { token: string; input: PushRequest }[];
  close(): Promise<void>;
}

/** A door on a real socket, with a broker in memory that knows one run's token. */
export async function openDoor(
  engine: Engine,
  options: { directory?: string; agents?: Partial<AgentDoor> } = {},
): Promise<OpenDoor> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'decree-door-')));
  const faults: unknown[] = [];
  const forgeRequests: OpenDoor['forgeRequests'] = [];
  const pushes: OpenDoor['pushes'] = [];
  const known = (token: string) => {
    if (token !== runToken) throw new DecreeError('unauthorized', 'no live run holds this token');
  };
  const agents: AgentDoor = {
    forge: async (token, asked) => {
      known(token);
      forgeRequests.push({ token, request: asked });
      return {
        status: 201,
        headers: { 'content-type': 'application/json; charset=utf-8', link: '<x>; rel="next"' },
        body: { ok: true },
      };
    },
    push: async (token, input) => {
      known(token);
      pushes.push({ token, input });
      return { ok: true, message: 'pushed' };
    },
    ...options.agents,
  };
  const log = { error: (...args: unknown[]) => void faults.push(args[0]) } as never;
  const app = createDoor({ engine, tokens: { operator: operatorToken }, agents, clock: systemClock, log });
  const socketPath = join(directory, 'd.sock');
  const listener = await serveOnSocket({ app, path: socketPath, uid: process.getuid?.() ?? 0, clock: systemClock });
  return {
    socketPath,
    listener,
    faults,
    forgeRequests,
    pushes,
    async close() {
      await listener.stop();
      if (!options.directory) await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json(): { code?: string; message?: string; [key: string]: unknown };
}

/** One raw request over the socket, with nothing added but what is given. */
export function ask(
  socketPath: string,
  options: { method?: string; path: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath,
        agent: false,
        method: options.method ?? 'GET',
        path: options.path,
        headers: { Host: 'decree', ...options.headers },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: () => JSON.parse(text) });
        });
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}

/** Waits for a condition, not for a time. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
