import { lstat, unlink } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { DecreeError } from '@decree/contracts';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../engine/system/clock.ts';
import type { Door } from './door.ts';
import { checkSocketPath, ensureSocketDirectory } from './socket-path.ts';

/** How long `stop` waits for answers that are being made; endless streams are cut at once. */
const graceMs = 1_000;

export interface Listener {
  readonly path: string;
  /** Takes no new requests, lets answers in progress end, cuts streams, removes the socket. */
  stop(): Promise<void>;
}

export interface ListenOptions {
  app: Door;
  path: string;
  uid: number;
  clock: Clock;
}

/** Serves the door on a Unix socket that only this user can open, from its first moment on. */
export async function serveOnSocket({ app, path, uid, clock }: ListenOptions): Promise<Listener> {
  checkSocketPath(path);
  await ensureSocketDirectory(path, { uid, create: true });
  await removeStaleSocket(path);
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  const answers = new Set<ServerResponse>();
  server.on('request', (_request, response) => {
    answers.add(response);
    response.on('close', () => answers.delete(response));
  });
  await listen(server, path);
  let stopping: Promise<void> | undefined;
  return {
    path,
    stop: () => {
      stopping ??= stop(server, answers, clock);
      return stopping;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
  });
  // The file is made inside this synchronous call, so the mask is nobody else's for longer than that.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening.catch((error: NodeJS.ErrnoException) => {
    throw new DecreeError('unavailable', `the socket ${path} cannot be opened: ${error.message}`, { cause: error });
  });
}

/** What a killed engine left is removed; a socket that somebody answers on, or a file that is no socket, is not. */
async function removeStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stats === null) return;
  if (!stats.isSocket())
    throw new DecreeError('conflict', `expected a socket or nothing at ${path}; something else is there: move it away`);
  if (await isAnswered(path))
    throw new DecreeError('conflict', `another engine already answers on ${path}: stop it first (control-plane stop)`);
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Only a refused connection proves that nobody listens; any other failure counts as an answer, so that no live socket is removed. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}

async function stop(server: Server, answers: Set<ServerResponse>, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const isEndless = (response: ServerResponse) => String(response.getHeader('content-type')).startsWith('text/event-stream');
  const unfinished = [...answers].filter((response) => !isEndless(response) && !response.writableFinished);
  const timer = new AbortController();
  const allFinished = Promise.all(
    unfinished.map((response) => new Promise<void>((resolve) => response.once('close', () => resolve()))),
  );
  await Promise.race([allFinished, clock.sleep(graceMs, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
  server.closeAllConnections();
  await closed;
}
