import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../../system/random.ts';
import type { Git } from './git.ts';
import { isAncestor, isBranchName, isObjectName, moveRef, noObject } from './refs.ts';

export type ReceiveResult =
  | { outcome: 'created' | 'advanced' | 'unchanged'; ref: string; before: string | null; after: string }
  | { outcome: 'refused'; ref: string; before: string | null; reason: ReceiveRefusal; message: string };

export interface ReceiveOptions {
  random: Random;
  /** Fsck every object, as for an agent's push. A person's own history may hold old, harmless malformations. */
  strict: boolean;
  signal?: AbortSignal;
}

export type ReceiveRefusal = 'bad_ref' | 'bad_sha' | 'not_fast_forward' | 'broken_objects' | 'moved_meanwhile';

/**
 * Takes one branch's new commit: copies its objects, checks them, and moves the ref from the value it had. Never forced,
 * never deleted; the same sha again is `unchanged`. `fromObjects` is the source's object directory; its configuration,
 * hooks and refs are not read. Callers hold the repository's lock.
 */
export async function receive(
  git: Git,
  push: { sha: string; ref: string; fromObjects: string },
  options: ReceiveOptions,
): Promise<ReceiveResult> {
  const { sha, ref } = push;
  const refuse = (reason: ReceiveRefusal, message: string, before: string | null = null): ReceiveResult => ({
    outcome: 'refused',
    ref,
    before,
    reason,
    message,
  });
  if (!ref.startsWith('refs/heads/') || !isBranchName(ref.slice(11))) {
    return refuse('bad_ref', `Expected refs/heads/<branch>, got ${JSON.stringify(ref.slice(0, 300))}.`);
  }
  if (!isObjectName(sha) || sha === noObject)
    return refuse('bad_sha', `Expected the 40 hex digits of a commit, got ${JSON.stringify(sha.slice(0, 80))}.`);

  const read = await git.attempt(['rev-parse', '--verify', '--quiet', '--end-of-options', ref]);
  const before = read.exitCode === 0 ? read.stdout.trim() : null;
  if (before === sha) return { outcome: 'unchanged', ref, before, after: sha };

  const copied = await copyObjects(git, push, options);
  if (copied !== null) return refuse('broken_objects', copied, before);
  if ((await git.attempt(['cat-file', '-t', sha])).stdout.trim() !== 'commit')
    return refuse('bad_sha', `Expected ${sha} to be a commit.`, before);
  if (before !== null && !(await isAncestor(git, before, sha))) {
    return refuse(
      'not_fast_forward',
      `${ref} is at ${before}, which ${sha} does not descend from. Fetch, put your commits on top of it, and push again.`,
      before,
    );
  }
  if (!(await moveRef(git, ref, { to: sha, from: before ?? noObject }))) {
    return refuse(
      'moved_meanwhile',
      `${ref} is no longer at ${before ?? 'nothing'}, or its name is taken by another branch.`,
      before,
    );
  }
  return { outcome: before === null ? 'created' : 'advanced', ref, before, after: sha };
}

/**
 * Objects travel as a pack through a quarantine directory: written with the source as an alternate, then read back without
 * it, every object hashed and its links followed, and only then moved in. Resolves to what is wrong, or null.
 */
async function copyObjects(
  git: Git,
  push: { sha: string; fromObjects: string },
  options: ReceiveOptions,
): Promise<string | null> {
  const have = (await git.run(['for-each-ref', '--format=^%(objectname)', 'refs/heads', 'refs/tags'])).trim();
  const quarantine = join(git.directory, 'incoming', options.random.token(9));
  await mkdir(quarantine, { recursive: true });
  const signal = options.signal ? { signal: options.signal } : {};
  try {
    const packed = await git.attempt(
      ['pack-objects', '--revs', '--quiet', '--non-empty', '--no-reuse-object', '--threads=1', join(quarantine, 'pack')],
      {
        input: `${push.sha}\n${have}\n`,
        env: { GIT_ALTERNATE_OBJECT_DIRECTORIES: quoteAlternate(push.fromObjects) },
        ...signal,
      },
    );
    if (packed.exitCode !== 0) return `The objects of ${push.sha} are not complete: ${firstLine(packed.stderr)}`;
    for (const file of await readdir(quarantine)) {
      if (!file.endsWith('.pack')) continue;
      const checked = await git.attempt(['index-pack', ...(options.strict ? ['--strict'] : []), join(quarantine, file)], signal);
      if (checked.exitCode !== 0) return `The objects of ${push.sha} did not pass their check: ${firstLine(checked.stderr)}`;
      await moveIn(git, quarantine, file.slice(0, -'.pack'.length));
    }
    const connected = await git.attempt(['rev-list', '--objects', '--quiet', push.sha, '--not', '--branches', '--tags'], signal);
    return connected.exitCode === 0 ? null : `The history of ${push.sha} is not complete: ${firstLine(connected.stderr)}`;
  } finally {
    await rm(quarantine, { recursive: true, force: true });
  }
}

/** The index goes last: git sees a pack by its index, so a half moved one is not seen. */
async function moveIn(git: Git, quarantine: string, name: string): Promise<void> {
  const target = join(git.directory, 'objects', 'pack');
  for (const extension of ['pack', 'rev', 'idx']) {
    await rename(join(quarantine, `${name}.${extension}`), join(target, `${name}.${extension}`)).catch(
      (error: NodeJS.ErrnoException) => {
        if (extension !== 'rev' || error.code !== 'ENOENT') throw error;
      },
    );
  }
}

/** The list is separated by colons, unless an entry is quoted (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES). */
const quoteAlternate = (path: string): string => `"${path.replace(/["\\]/g, '\\$&')}"`;

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 500) || 'git said nothing';
