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
  return new DecreeError('internal', `a fault of Decree: ${message}`, { cause: error });
}
