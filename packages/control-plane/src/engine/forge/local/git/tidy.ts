import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../system/clock.ts';
import type { Git } from './git.ts';

/** A git that outlived its engine ends long before this; an older lock is nobody's. */
const lockAgeMs = 3_000;
/** Every push is a pack; git slows down with their number. */
const maxPacks = 100;

/** Clears what a killed process left in the bare repository: half received packs, and locks that would refuse every push. */
export async function clearLeftovers(git: Git, clock: Clock): Promise<void> {
  for (const name of await readdir(join(git.directory, 'incoming')))
    await rm(join(git.directory, 'incoming', name), { recursive: true, force: true });
  const names = await readdir(join(git.directory, 'refs'), { recursive: true });
  const locks = names.filter((name) => name.endsWith('.lock')).map((name) => join(git.directory, 'refs', name));
  for (const lock of [...locks, join(git.directory, 'packed-refs.lock'), join(git.directory, 'HEAD.lock')]) {
    const found = await stat(lock).catch(() => null);
    if (!found) continue;
    await clock.sleep(Math.min(lockAgeMs, Math.max(0, lockAgeMs - (clock.nowMs() - found.mtimeMs))));
    await rm(lock, { force: true });
  }
}

/** Makes one pack of many; nothing is dropped. */
export async function joinPacks(git: Git): Promise<void> {
  const packs = (await readdir(join(git.directory, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
  if (packs.length > maxPacks) await git.run(['repack', '-a', '-d', '-q', '--keep-unreachable', '--threads=1']);
}
