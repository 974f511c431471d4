import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Door {
  /** The Unix socket's path, or the address on loopback. */
  address: string;
  received: Received[];
  close(): Promise<void>;
}

/** A real HTTP server on a Unix socket or on loopback, which remembers what it was asked. */
export async function openDoor(where: 'socket' | 'loopback', answer: (request: Received) => Answer): Promise<Door> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen: Received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(seen);
      const { status, body, headers } = answer(seen);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'door-'));
  const socket = join(folder, 's');
  await new Promise<void>((resolve) =>
    where === 'socket' ? server.listen(socket, resolve) : server.listen(0, '127.0.0.1', resolve),
  );
  return {
    address: where === 'socket' ? socket : `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
