import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DecreeError } from '@decree/contracts';

/**
 * A directory of this person's own (0700), with what is missing above it. Step by step: Node's recursive mkdir never comes
 * back where a directory is there and takes no entries, as in /proc.
 */
export async function makeOwnDirectory(directory: string): Promise<void> {
  try {
    for (const missing of await missingDirectories(directory)) {
      await mkdir(missing, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        // Somebody else was quicker, or it is a link to nowhere: the look below tells.
        if (error.code !== 'EEXIST') throw error;
      });
    }
    if ((await stat(directory)).isDirectory()) return;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw cannotBe(directory, `made (${code})`, error);
  }
  throw cannotBe(directory, 'used: it is a file', undefined);
}

/** From the outermost on. */
async function missingDirectories(directory: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && dirname(at) !== at) return null;
      throw error;
    });
    if (found) return missing;
    missing.unshift(at);
  }
}

const cannotBe = (directory: string, why: string, cause: unknown): DecreeError =>
  new DecreeError(
    'invalid',
    `the state directory ${directory} cannot be ${why}; name another with --data or DECREE_DATA`,
    cause === undefined ? {} : { cause },
  );
