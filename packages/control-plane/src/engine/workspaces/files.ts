import { chmod, constants, type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errno, WorkspaceError } from './errors.ts';

/**
 * Reads a small regular file, or undefined if there is none. An agent may have planted a FIFO, a device or a link in its
 * place: opened without blocking and without following, and refused.
 */
export async function readSmallFile(path: string, maxBytes = 1024 * 1024): Promise<string | undefined> {
  return (await readSmallBytes(path, maxBytes))?.toString('utf8');
}

async function readSmallBytes(path: string, maxBytes: number): Promise<Buffer | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errno(error) ?? '')) return undefined;
    throw new WorkspaceError('unsafe_path', `${path} could not be read as a plain file.`, { cause: error });
  }
  try {
    const info = await file.stat();
    if (info.isDirectory()) return undefined;
    if (!info.isFile()) throw new WorkspaceError('unsafe_path', `${path} is no plain file.`);
    if (info.size > maxBytes)
      throw new WorkspaceError('unsafe_path', `${path} has ${info.size} bytes; at most ${maxBytes} are read.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file whole or not at all, whatever is killed meanwhile. `durable` outlasts a power cut as well, at the price of
 * two syncs: for what cannot be written again from a record.
 */
export async function writeWhole(
  path: string,
  content: string,
  options: { mode?: number; durable?: boolean } = {},
): Promise<void> {
  const temporary = `${path}.decree-new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', options.mode ?? 0o644);
  try {
    await file.writeFile(content);
    if (options.durable) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  if (options.durable) await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Removes a tree without following links, also where an agent took the permissions away. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errno(error) !== 'EACCES' && errno(error) !== 'EPERM') throw error;
    await openDirectories(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openDirectories(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openDirectories(join(path, entry.name));
  }
}
