import { createHash } from 'node:crypto';
import { timeoutSignal } from '../system/clock.ts';
import { spawn } from '../system/process.ts';
import { WorkspaceError } from './errors.ts';
import type { HostGit } from './host-git.ts';
import { parseSha, parseTreePath } from './names.ts';
import type { TreeFile } from './port.ts';

const maxObjectBytes = 16 * 1024 * 1024;

/**
 * A file at a commit. Git does not check an object's content against its id when it reads one, and agents can write to the
 * object store, so every object from the commit down is checked here: what is trusted is the commit's id alone.
 */
export async function readAtCommit(git: HostGit, commit: string, path: string): Promise<string | undefined> {
  return withObjects(git, async (read) => {
    const found = await resolve(read, parseSha(commit), parseTreePath(path));
    if (!found) return undefined;
    if (found.mode !== '100644' && found.mode !== '100755')
      throw new WorkspaceError('unknown_path', `${path} at ${commit} is no plain file.`);
    return (await read(found.sha, 'blob')).toString('utf8');
  });
}

/** All files below a directory at a commit, checked likewise; empty if there is no such directory. */
export async function listAtCommit(git: HostGit, commit: string, directory: string): Promise<TreeFile[]> {
  return withObjects(git, async (read) => {
    const parts = parseTreePath(directory);
    const found = await resolve(read, parseSha(commit), parts);
    const files: TreeFile[] = [];
    const walk = async (tree: string, prefix: string): Promise<void> => {
      for (const entry of parseTree(await read(tree, 'tree'), tree.length / 2)) {
        const path = prefix ? `${prefix}/${entry.name}` : entry.name;
        if (entry.mode === '40000') await walk(entry.sha, path);
        else
          files.push({
            path,
            sha: entry.sha,
            kind: entry.mode === '120000' ? 'link' : entry.mode === '160000' ? 'submodule' : 'file',
          });
      }
    };
    if (found?.mode === '40000') await walk(found.sha, parts.join('/'));
    return files;
  });
}

type Read = (sha: string, type: 'commit' | 'tree' | 'blob') => Promise<Buffer>;
interface Entry {
  mode: string;
  name: string;
  sha: string;
}

async function resolve(read: Read, commit: string, parts: readonly string[]): Promise<Entry | undefined> {
  const tree = /^tree ([0-9a-f]+)\n/.exec((await read(commit, 'commit')).toString('latin1'))?.[1];
  let at: Entry | undefined = { mode: '40000', name: '', sha: tree ?? '' };
  for (const part of parts) {
    if (at?.mode !== '40000') return undefined;
    at = parseTree(await read(at.sha, 'tree'), commit.length / 2).find((entry) => entry.name === part);
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

/** One `git cat-file --batch` for the life of `use`. */
async function withObjects<T>(git: HostGit, use: (read: Read) => Promise<T>): Promise<T> {
  const child = spawn('git', ['cat-file', '--batch'], { cwd: git.directory, env: git.environment() });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new WorkspaceError('git_failed', 'git cat-file has no pipes.');
  const timeout = timeoutSignal(30_000);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  const stop = () => child.kill('SIGKILL');
  timeout.addEventListener('abort', stop, { once: true });
  // Its end is seen as the end of stdout; these two only must not be unhandled.
  child.on('error', () => stdout.destroy());
  stdin.on('error', () => undefined);
  const chunks = stdout[Symbol.asyncIterator]();
  let buffer = Buffer.alloc(0);
  const more = async () => {
    const next = await chunks.next();
    if (next.done) throw new WorkspaceError('git_failed', 'git cat-file ended before it answered.');
    buffer = Buffer.concat([buffer, next.value as Buffer]);
  };

  const read: Read = async (sha, type) => {
    stdin.write(`${sha}\n`);
    while (buffer.indexOf(0x0a) < 0) await more();
    const line = buffer.toString('latin1', 0, buffer.indexOf(0x0a));
    buffer = buffer.subarray(line.length + 1);
    const [, found, length] = line.split(' ');
    const size = Number(length);
    if (found !== type) throw new WorkspaceError('unknown_commit', `Expected ${type} ${sha}; git says ${JSON.stringify(line)}.`);
    if (size > maxObjectBytes)
      throw new WorkspaceError('unknown_path', `${type} ${sha} has ${size} bytes; at most ${maxObjectBytes} are read.`);
    while (buffer.length < size + 1) await more();
    const content = buffer.subarray(0, size);
    buffer = buffer.subarray(size + 1);
    const actual = createHash(sha.length === 64 ? 'sha256' : 'sha1')
      .update(`${type} ${size}\0`)
      .update(content)
      .digest('hex');
    if (actual !== sha)
      throw new WorkspaceError(
        'corrupt_object',
        `Object ${sha} of the repository holds something else (${actual}): somebody tampered with it. Run: git fsck`,
      );
    return content;
  };

  try {
    return await use(read);
  } finally {
    timeout.removeEventListener('abort', stop);
    stop();
    await closed;
  }
}
