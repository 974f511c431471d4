import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/engine/system/clock.ts';

/** A socket before another one: every byte takes `delayMs`, each way. */
export async function openSlowWire(target: string, delayMs: number) {
  const directory = await mkdtemp(join(tmpdir(), 'decree-wire-'));
  const sockets = new Set<Socket>();
  let broken = false;
  let held: PromiseWithResolvers<void> | null = null;
  const later = (from: Socket, to: Socket) => {
    let line = Promise.resolve();
    const after = (act: () => void) => {
      const due = systemClock.sleep(delayMs);
      line = line
        .then(() => due)
        .then(() => held?.promise)
        .then(() => void (to.destroyed || act()));
    };
    from.on('data', (bytes) => after(() => to.write(bytes)));
    from.on('end', () => after(() => to.end()));
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
    sockets.add(from);
    from.on('close', () => sockets.delete(from));
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (broken) near.destroy();
    else {
      const far = createConnection({ path: target, allowHalfOpen: true });
      later(near, far);
      later(far, near);
    }
  });
  const path = join(directory, 'w.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    /** Whether the line is cut: what is open ends, and nothing new comes through. */
    breakOff(how: boolean) {
      broken = how;
      if (how) for (const socket of sockets) socket.destroy();
    },
    /** Whether nothing comes through for now; it comes later. */
    hold(how: boolean) {
      if (how) held ??= Promise.withResolvers<void>();
      else {
        held?.resolve();
        held = null;
      }
    },
    async close() {
      held?.resolve();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
