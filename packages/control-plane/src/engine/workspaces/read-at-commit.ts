import { createHash } from 'node:crypto';
import { WorkspaceError } from './errors.ts';
import type { HostGit } from './host-git.ts';
import { parseSha, parseTreePath } from './names.ts';
import type { TreeFile } from './port.ts';

const maxObjectBytes = 16 * 1024 * 1024;
/** Kept per git: an object never changes, and the trust root is read at each dispatch. At most 256 of 64 KiB. */
const kept = { objects: 256, bytes: 64 * 1024 } as const;
const caches = new WeakMap<HostGit, Map<string, Buffer>>();

/**
 * A file at a commit. Git does not check an object's content against its id when it reads one, and agents can write to the
 * object store, so every object from the commit down is checked here: what is trusted is the commit's id alone.
 */
export async function readAtCommit(git: HostGit, commit: string, path: string): Promise<string | undefined> {
  const found = await resolve(git, parseSha(commit), parseTreePath(path));
  if (!found) return undefined;
  if (found.mode !== '100644' && found.mode !== '100755')
    throw new WorkspaceError('unknown_path', `${path} at ${commit} is no plain file.`);
  return (await readObject(git, found.sha, 'blob')).toString('utf8');
}

/** All files below a directory at a commit, checked likewise; empty if there is no such directory. */
export async function listAtCommit(git: HostGit, commit: string, directory: string): Promise<TreeFile[]> {
  const parts = parseTreePath(directory);
  const found = await resolve(git, parseSha(commit), parts);
  if (found?.mode !== '40000') return [];
  const files: TreeFile[] = [];
  let level = [{ sha: found.sha, prefix: parts.join('/') }];
  while (level.length > 0) {
    const trees = await readObjects(
      git,
      level.map(({ sha }) => sha),
      'tree',
    );
    level = level.flatMap(({ prefix }, index) =>
      parseTree(trees[index] ?? Buffer.alloc(0), found.sha.length / 2).flatMap(({ mode, name, sha }) => {
        const path = prefix ? `${prefix}/${name}` : name;
        if (mode === '40000') return [{ sha, prefix: path }];
        files.push({ path, sha, kind: mode === '120000' ? 'link' : mode === '160000' ? 'submodule' : 'file' });
        return [];
      }),
    );
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

type ObjectType = 'commit' | 'tree' | 'blob';
interface Entry {
  mode: string;
  name: string;
  sha: string;
}

async function resolve(git: HostGit, commit: string, parts: readonly string[]): Promise<Entry | undefined> {
  const tree = /^tree ([0-9a-f]+)\n/.exec((await readObject(git, commit, 'commit')).toString('latin1'))?.[1];
  let at: Entry | undefined = { mode: '40000', name: '', sha: tree ?? '' };
  for (const part of parts) {
    if (at?.mode !== '40000') return undefined;
    at = parseTree(await readObject(git, at.sha, 'tree'), commit.length / 2).find((entry) => entry.name === part);
  }
  return at;
}

function parseTree(content: Buffer, hashBytes: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const zero = content.indexOf(0, space);
    const end = zero + 1 + hashBytes;
    entries.push({
      mode: content.toString('latin1', at, space),
      name: content.toString('utf8', space + 1, zero),
      sha: content.toString('hex', zero + 1, end),
    });
    at = end;
  }
  return entries;
}

async function readObject(git: HostGit, sha: string, type: ObjectType): Promise<Buffer> {
  const [content] = await readObjects(git, [sha], type);
  if (!content) throw new WorkspaceError('git_failed', `git cat-file did not answer for ${sha}.`);
  return content;
}

/** Objects in the order they are asked for; those that are not known yet by one git. */
async function readObjects(git: HostGit, shas: readonly string[], type: ObjectType): Promise<Buffer[]> {
  const cache = caches.get(git) ?? new Map<string, Buffer>();
  caches.set(git, cache);
  const missing = [...new Set(shas.filter((sha) => !cache.has(`${type} ${sha}`)))];
  const read = new Map<string, Buffer>();
  if (missing.length > 0) {
    const input = missing.map((sha) => `${sha}\n`).join('');
    let rest = await git.bytes(['cat-file', '--batch'], { input, timeoutMs: 30_000 });
    for (const sha of missing) {
      const content = takeObject(rest, sha, type);
      rest = rest.subarray(rest.indexOf(0x0a) + 1 + content.length + 1);
      read.set(sha, content);
      if (content.length > kept.bytes) continue;
      // A copy: a slice would keep the whole answer.
      cache.set(`${type} ${sha}`, Buffer.from(content));
      for (const oldest of cache.keys()) {
        if (cache.size <= kept.objects) break;
        cache.delete(oldest);
      }
    }
  }
  return shas.map((sha) => read.get(sha) ?? cache.get(`${type} ${sha}`)) as Buffer[];
}

/** The first object of an answer of `git cat-file --batch`, when it is what its id says. */
function takeObject(answer: Buffer, sha: string, type: ObjectType): Buffer {
  const line = answer.toString('latin1', 0, Math.max(0, answer.indexOf(0x0a)));
  const [, found, length] = line.split(' ');
  const size = Number(length);
  if (found !== type) throw new WorkspaceError('unknown_commit', `Expected ${type} ${sha}; git says ${JSON.stringify(line)}.`);
  if (size > maxObjectBytes)
    throw new WorkspaceError('unknown_path', `${type} ${sha} has ${size} bytes; at most ${maxObjectBytes} are read.`);
  const content = answer.subarray(line.length + 1, line.length + 1 + size);
  const actual = createHash(sha.length === 64 ? 'sha256' : 'sha1')
    .update(`${type} ${size}\0`)
    .update(content)
    .digest('hex');
  if (actual === sha) return content;
  throw new WorkspaceError(
    'corrupt_object',
    `Object ${sha} of the repository holds something else (${actual}): somebody tampered with it. Run: git fsck`,
  );
}
