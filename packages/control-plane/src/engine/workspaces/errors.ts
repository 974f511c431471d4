export type WorkspaceErrorCode =
  | 'not_a_repository'
  | 'bare_repository'
  | 'linked_repository'
  | 'no_commits'
  | 'no_default_branch'
  | 'unsupported_repository'
  | 'bad_name'
  | 'not_ignored'
  | 'unsafe_path'
  | 'branch_conflict'
  | 'branch_checked_out'
  | 'ref_changed'
  | 'ref_locked'
  | 'workspace_taken'
  | 'unknown_commit'
  | 'unknown_path'
  | 'corrupt_object'
  | 'git_failed'
  | 'setup_failed'
  | 'salvage_failed'
  | 'no_salvage';

/** A refusal or failure of the workspaces room. The message says what was expected, what came and what to do. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError';
  readonly code: WorkspaceErrorCode;
  /** What the failed program printed, if one failed. */
  readonly output: string;

  constructor(code: WorkspaceErrorCode, message: string, options: { output?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.output = options.output ?? '';
  }
}

/** The `code` of a Node system error, or undefined. */
export const errno = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
