import type { Clock } from '../system/clock.ts';
import type { Env } from '../system/env.ts';
import type { HostGit } from './host-git.ts';
import type { Records } from './records.ts';
import type { Repository } from './repository.ts';
import type { Salvager } from './salvage.ts';
import type { RunSetup } from './setup-command.ts';

/** What the parts of this room share: one repository, one state directory. */
export interface Room {
  readonly repository: Repository;
  readonly worktreesDirectory: string;
  readonly clock: Clock;
  readonly env: Env;
  readonly nodePath: string;
  readonly helperDirectory: string;
  /** For checkouts and the repository's objects. */
  readonly git: HostGit;
  /** For hidden refs, byte for byte. */
  readonly salvageGit: HostGit;
  readonly salvager: Salvager;
  readonly records: Records;
  readonly runSetup: RunSetup;
  readonly mark: { name: string; value: string };
  /** Branch names given out by this process whose refs are not written yet. */
  readonly reserved: Set<string>;
  readonly agentConfigs: string;
  indexOf(runId: string): string;
  mainHead(): Promise<string>;
  contains(commit: string, ancestor: string): Promise<boolean>;
  checkIgnored(): Promise<void>;
}
