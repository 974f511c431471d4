// A lock that two set-ups on one machine share. A lock is a directory with one file in it, named after its owner, and both come
// into being by one rename; so there is never a lock without an owner, and whoever takes over a dead one's lock removes
// exactly that owner's file: of two that try, one fails and waits on.
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { onEnd } from './steps.mjs';

/** A holder touches its file every 5 s; one that has not for this long is gone, wherever it ran. */
const silentForMs = 120_000;

/**
 * Holds the lock while `work(noteChild)` runs. `onWait(pid)` is called once if another holds it. A child that is noted by its pid
 * is ended by whoever takes the lock over: a killed owner's child would go on writing where the next one works.
 */
export async function withLock(path, work, { onWait } = {}) {
  const { release, noteChild } = await acquire(path, onWait);
  const forget = onEnd(release);
  try {
    return await work(noteChild);
  } finally {
    forget();
    release();
  }
}

async function acquire(path, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  const name = `owner-${randomUUID()}`;
  const draft = `${path}.${name}`;
  mkdirSync(draft);
  const owner = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  writeFileSync(join(draft, name), JSON.stringify(owner));
  let told = false;
  try {
    for (;;) {
      try {
        renameSync(draft, path);
        break;
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
      }
      const holder = readHolder(path);
      if (holder?.gone) {
        if (holder.child && isAlive(holder.child.pid, holder.child.started)) process.kill(holder.child.pid, 'SIGKILL');
        remove(() => unlinkSync(holder.file));
        continue;
      }
      if (holder && !told) onWait?.(holder.pid);
      told ||= Boolean(holder);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  const file = join(path, name);
  const heartbeat = setInterval(() => remove(() => utimesSync(file, new Date(), new Date())), 5_000);
  heartbeat.unref();
  const release = () => {
    clearInterval(heartbeat);
    remove(() => unlinkSync(file));
    remove(() => rmdirSync(path));
  };
  const noteChild = (pid) => {
    writeFileSync(`${draft}.new`, JSON.stringify({ ...owner, child: { pid, started: startOf(pid) } }));
    remove(() => renameSync(`${draft}.new`, file));
  };
  return { release, noteChild };
}

function readHolder(path) {
  try {
    const name = readdirSync(path).find((entry) => entry.startsWith('owner-'));
    if (!name) return undefined;
    const file = join(path, name);
    const { pid, started, host, child } = JSON.parse(readFileSync(file, 'utf8'));
    const silent = Date.now() - statSync(file).mtimeMs > silentForMs;
    const dead = host === hostname() && !isAlive(pid, started);
    return { file, pid, child: host === hostname() ? child : undefined, gone: silent || dead };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid, started) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return started === null || startOf(pid) === started;
}

/**
 * When a process started, in the kernel's ticks (Linux), so that a pid used again is not taken for its former owner. A
 * process that has ended, but that nobody has waited for, is gone as well.
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : (rest[18] ?? null);
  } catch {
    return null;
  }
}

/** Another may have been quicker: that what is removed is already gone, or the directory already someone else's, is fine. */
function remove(action) {
  try {
    action();
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code)) throw error;
  }
}
