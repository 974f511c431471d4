import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isBranchName, isObjectName } from './refs.ts';

/**
 * Reads a branch of somebody else's repository from its files. Git itself is not started there: it would read that
 * repository's configuration, which an agent may have written.
 */
export class SourceUnreadable extends Error {
  override readonly name = 'SourceUnreadable';
}

export interface Source {
  /** Absolute path of its object directory. */
  objects: string;
  /** The branch's commit; null when there is no such branch. */
  branchHead(branch: string): Promise<string | null>;
}

/** Opens a work tree, a linked work tree, or a bare repository. */
export async function openSource(path: string): Promise<Source> {
  const gitDirectory = await findGitDirectory(path);
  const common = await readText(join(gitDirectory, 'commondir'));
  const shared = common === null ? gitDirectory : resolve(gitDirectory, common.trim());
  if (await exists(join(shared, 'reftable'))) {
    throw new SourceUnreadable(
      `Expected ${path} to keep its refs as files, got the reftable format. Run: git refs migrate --ref-format=files`,
    );
  }
  return {
    objects: await realpath(join(shared, 'objects')),
    async branchHead(branch) {
      if (!isBranchName(branch)) throw new SourceUnreadable(`Expected a branch name, got ${JSON.stringify(branch)}.`);
      return readRef(shared, `refs/heads/${branch}`, 0);
    },
  };
}

async function findGitDirectory(path: string): Promise<string> {
  const dotGit = join(path, '.git');
  const found = await stat(dotGit).catch(() => null);
  if (found?.isDirectory()) return dotGit;
  if (found?.isFile()) {
    const target = /^gitdir: (.+)\n?$/.exec((await readText(dotGit)) ?? '')?.[1];
    if (target) return isAbsolute(target) ? target : resolve(dirname(dotGit), target);
  }
  if ((await exists(join(path, 'HEAD'))) && (await exists(join(path, 'objects')))) return path;
  throw new SourceUnreadable(`Expected a git repository at ${path}, found none. Run: git init`);
}

async function readRef(directory: string, ref: string, depth: number): Promise<string | null> {
  const loose = (await readText(join(directory, ref)))?.trim();
  if (loose?.startsWith('ref: ')) {
    const next = loose.slice(5).trim();
    if (depth >= 5 || !next.startsWith('refs/heads/') || !isBranchName(next.slice(11))) {
      throw new SourceUnreadable(`Expected ${ref} to name a branch, got ${JSON.stringify(loose.slice(0, 200))}.`);
    }
    return readRef(directory, next, depth + 1);
  }
  if (loose) return expectObjectName(ref, loose);
  const packed = (await readText(join(directory, 'packed-refs'))) ?? '';
  for (const line of packed.split('\n')) {
    if (line.endsWith(` ${ref}`)) return expectObjectName(ref, line.slice(0, line.indexOf(' ')));
  }
  return null;
}

function expectObjectName(ref: string, text: string): string {
  if (isObjectName(text)) return text;
  const hint = /^[0-9a-f]{64}$/.test(text) ? ' Repositories in the sha256 object format are not supported.' : '';
  throw new SourceUnreadable(`Expected ${ref} to hold a sha-1 object name, got ${JSON.stringify(text.slice(0, 80))}.${hint}`);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw error;
  }
}
