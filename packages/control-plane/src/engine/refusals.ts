import { DecreeError } from '@decree/contracts';
import { ForgeAuth, ForgeError, ForgeNotFound, ForgeRefused } from './forge/errors.ts';
import { GuardFailed, LedgerUnusable } from './ledger/port.ts';
import { DispatchDenied } from './runs/enqueue.ts';
import { WorkspaceError } from './workspaces/errors.ts';

/** What crosses the engine's door is a DecreeError: each room's own failures, said by what the caller can do about them. */
export function asDecreeError(error: unknown): DecreeError {
  if (error instanceof DecreeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof GuardFailed)
    return new DecreeError('conflict', message, { details: { guard: error.guard.type }, cause: error });
  if (error instanceof DispatchDenied) return new DecreeError('forbidden', `the policy forbids it: ${message}`, { cause: error });
  if (error instanceof ForgeNotFound) return new DecreeError('not_found', message, { cause: error });
  if (error instanceof ForgeRefused)
    return new DecreeError('conflict', `the forge refused (${error.status}): ${message}`, { cause: error });
  if (error instanceof ForgeAuth)
    return new DecreeError('forbidden', `the forge does not let Decree do this: ${message}`, { cause: error });
  if (error instanceof ForgeError) return new DecreeError('unavailable', message, { cause: error });
  if (error instanceof WorkspaceError)
    return new DecreeError('conflict', message, { details: { code: error.code }, cause: error });
  if (error instanceof LedgerUnusable) return new DecreeError('unavailable', message, { cause: error });
  if (isFileFailure(error)) {
    const { code, path } = error;
    return new DecreeError(
      'unavailable',
      `the system refuses the use of ${path} (${message}); mend that (${hintFor(code)}) and try again`,
      {
        cause: error,
      },
    );
  }
  return new DecreeError('internal', `a fault of Decree: ${message}`, { cause: error });
}

/** A call to the file system that the system refused: this machine's trouble, not a fault of ours. */
const isFileFailure = (error: unknown): error is Error & { code: string; path: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error && 'path' in error && typeof error.path === 'string';

const hints: Partial<Record<string, string>> = {
  EACCES: 'this user may not do that',
  EPERM: 'this user may not do that',
  EEXIST: 'something else is in its place',
  ENOTDIR: 'something on its way is not a directory',
  EISDIR: 'it is a directory',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is full',
  EROFS: 'it may not be written',
  EMFILE: 'too many files are open',
};
const hintFor = (code: string): string => hints[code] ?? code;
