import type { Approval } from './approval.ts';
import type { Artifact } from './artifact.ts';
import type { Event } from './event.ts';
import { roles } from './policy.ts';
import type { Run } from './run.ts';
import { dayOf, type Spend, spendKey } from './spend.ts';
import type { Effect, PullSighting, Repository, SpecSighting, Task } from './task.ts';

/** Permission to do one action once, given at the gate. One for something outside stays open until the broker consumes it. */
export interface Grant {
  id: string;
  runId: string;
  actionHash: string;
  kind: string;
  approvalId: string | null;
  state: 'open' | 'consumed';
}

/** What all events together mean: the rows. Leases, heartbeats and caches are not in it. */
export interface State {
  repositories: Record<string, Repository>;
  tasks: Record<string, Task>;
  runs: Record<string, Run>;
  approvals: Record<string, Approval>;
  artifacts: Record<string, Artifact>;
  grants: Record<string, Grant>;
  effects: Record<string, Effect>;
  /** By specKey. */
  specs: Record<string, SpecSighting>;
  /** By pullKey. */
  pulls: Record<string, PullSighting>;
  /** By spendKey. */
  spend: Record<string, Spend>;
}
/** The name of a kind of row. */
export type Collection = keyof State;
/** A row of a collection. */
export type Row<C extends Collection = Collection> = State[C][string];

/** All kinds of rows. */
export const collections = [
  'repositories',
  'tasks',
  'runs',
  'approvals',
  'artifacts',
  'grants',
  'effects',
  'specs',
  'pulls',
  'spend',
] as const satisfies readonly Collection[];

/** What no event at all means. */
export const emptyState = (): State => ({
  repositories: {},
  tasks: {},
  runs: {},
  approvals: {},
  artifacts: {},
  grants: {},
  effects: {},
  specs: {},
  pulls: {},
  spend: {},
});

/** The key of a spec's row: `owner/name:path`. */
export const specKey = (repositoryId: string, path: string): string => `${repositoryId}:${path}`;
/** The key of a pull request's row: `owner/name#12`. */
export const pullKey = (repositoryId: string, number: number): string => `${repositoryId}#${number}`;

/** Names one row. */
export interface RowReference {
  readonly collection: Collection;
  readonly key: string;
}

/**
 * Which rows an event reads or writes: the ledger loads just these before it folds, so folding over them alone must mean the
 * same as folding over everything. May name a row twice.
 */
export function touchedRows(event: Event): RowReference[] {
  const touched: RowReference[] = [];
  const touch = (collection: Collection, key: string | null) => {
    if (key !== null) touched.push({ collection, key });
  };
  if (event.type.startsWith('task.') || event.type.startsWith('run.')) touch('tasks', event.taskId);
  if (event.type.startsWith('run.') || event.type === 'policy.decided') touch('runs', event.runId);
  switch (event.type) {
    case 'source.issue_changed':
    case 'source.issue_removed':
      touch('tasks', event.taskId);
      break;
    case 'system.engine_started':
    case 'source.sensor_failed':
    case 'source.sensor_recovered':
    case 'system.dispatch_paused':
    case 'system.dispatch_resumed':
    case 'task.plan_failed':
      touch('repositories', event.repositoryId);
      break;
    case 'task.planned':
      touch('repositories', event.repositoryId);
      for (const spec of event.payload.specs) if (event.repositoryId) touch('specs', specKey(event.repositoryId, spec.path));
      break;
    case 'run.used':
      // The run says whose it is, and is only known when it is loaded.
      if (event.repositoryId !== null)
        for (const role of roles)
          touch('spend', spendKey(event.repositoryId, dayOf(event.occurredAt), role, event.payload.model));
      break;
    case 'policy.approval_requested':
      touch('approvals', event.payload.approval.id);
      break;
    case 'policy.approval_decided':
    case 'policy.approval_expired':
    case 'policy.approval_voided':
      touch('approvals', event.payload.approvalId);
      break;
    case 'policy.granted':
      touch('grants', event.payload.grantId);
      touch('approvals', event.payload.approvalId);
      break;
    case 'artifact.recorded':
      touch('artifacts', event.payload.artifact.id);
      break;
    case 'system.effect_started':
      touch('effects', event.payload.key);
      touch('grants', event.payload.grantId);
      break;
    case 'system.effect_finished':
      touch('effects', event.payload.key);
      break;
    case 'source.spec_changed':
      touch('specs', specKey(event.payload.spec.repositoryId, event.payload.spec.path));
      break;
    case 'source.spec_removed':
      if (event.repositoryId) touch('specs', specKey(event.repositoryId, event.payload.path));
      break;
    case 'source.pull_changed':
      touch('pulls', pullKey(event.payload.pull.repositoryId, event.payload.pull.number));
      break;
    case 'source.pull_removed':
      if (event.repositoryId) touch('pulls', pullKey(event.repositoryId, event.payload.number));
      break;
    default:
  }
  return touched;
}
