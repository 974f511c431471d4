import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { WorkspaceView } from './paths.ts';

/**
 * The workspace on this machine's disk. What it says is true at the time of asking: between the decision and the call
 * another process of the agent may change a symlink. The broker compares hashes again for what leaves the machine; for
 * files the sandbox is the boundary.
 */
export function createWorkspaceView(root: string): WorkspaceView {
  return {
    root: realpathSync(root),
    realPath: (absolute) => realPath(absolute, 0),
    readText(absolute, maxBytes) {
      const stat = statSync(absolute);
      if (!stat.isFile()) throw new Error(`expected a regular file, got something else at ${absolute}`);
      if (stat.size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes, got ${stat.size} in ${absolute}`);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(absolute));
    },
  };
}

/** Follows the symlinks of the part that exists; a name that does not exist yet is kept below its real parent. */
function realPath(absolute: string, depth: number): string {
  try {
    return realpathSync(absolute);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Names that are too long, or below a file, cannot be opened either; their parent decides.
    const absent = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
    if (!absent || depth > 255) throw new Error(`cannot tell where ${absolute} leads: ${code ?? error}`, { cause: error });
    // A dangling symlink exists as a link though its target does not: a write would create the target, so its place counts.
    const target = danglingTarget(absolute);
    if (target !== undefined) return realPath(posix.resolve(posix.dirname(absolute), target), depth + 1);
    const parent = posix.dirname(absolute);
    return parent === absolute ? absolute : posix.join(realPath(parent, depth + 1), posix.basename(absolute));
  }
}

function danglingTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'EINVAL' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}
