import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { DecreeError } from '@decree/contracts';

/** The kernel's `sun_path` holds 108 bytes with its closing zero. */
export const maxSocketPathBytes = 107;

/**
 * Where the engine of a state directory listens: a short path of its own, since a state directory's path may be of any length.
 * `$XDG_RUNTIME_DIR/decree/<hash>.sock`, or `/tmp/decree-<uid>/<hash>.sock` where that is not set or too long.
 */
export async function chooseSocketPath(options: {
  stateDirectory: string;
  runtimeDirectory?: string | undefined;
  uid: number;
}): Promise<string> {
  const real = await realpath(options.stateDirectory);
  const name = `${createHash('sha256').update(real).digest('hex').slice(0, 16)}.sock`;
  const { runtimeDirectory } = options;
  if (runtimeDirectory && isAbsolute(runtimeDirectory)) {
    const path = join(runtimeDirectory, 'decree', name);
    if (Buffer.byteLength(path) <= maxSocketPathBytes && (await isDirectory(runtimeDirectory))) return path;
  }
  return join('/tmp', `decree-${options.uid}`, name);
}

/** Refuses a path that the kernel would cut. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > maxSocketPathBytes) {
    throw new DecreeError(
      'invalid',
      `expected a socket path of at most ${maxSocketPathBytes} bytes, got ${bytes}: ${path}; set XDG_RUNTIME_DIR to a shorter directory`,
    );
  }
}

/**
 * Makes the socket's directory, 0700, or checks the one that is there: `/tmp` is everybody's, and who owns the directory can
 * put another socket in it. A client checks it too before it shows its token (`create: false`; one that is missing is fine then).
 */
export async function ensureSocketDirectory(path: string, options: { uid: number; create: boolean }): Promise<void> {
  const directory = dirname(path);
  // Not recursive: what is above it is there, and in a place like /proc a recursive one never comes back.
  if (options.create)
    await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST')
        throw new DecreeError(
          'unavailable',
          `${directory} cannot be made (${error.code}); set XDG_RUNTIME_DIR to a directory of yours`,
          {
            cause: error,
          },
        );
    });
  const stats = await lstat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && !options.create) return null;
    throw error;
  });
  if (stats === null) return;
  const mode = stats.mode & 0o777;
  const wrong = !stats.isDirectory()
    ? 'is not a directory'
    : stats.uid !== options.uid
      ? `belongs to user ${stats.uid}, not to ${options.uid}`
      : (mode & 0o077) !== 0
        ? `has mode ${mode.toString(8)}: others can enter it`
        : null;
  if (wrong) {
    throw new DecreeError(
      'forbidden',
      `expected ${directory} to be a directory of yours with mode 700; it ${wrong}. Remove it, or set XDG_RUNTIME_DIR`,
    );
  }
}

const isDirectory = async (path: string): Promise<boolean> =>
  lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
