import {
  type Actor,
  type Event,
  type EventOf,
  emptyState,
  fold,
  type Role,
  type Run,
  type RunTrigger,
  type SpecVersion,
  type Task,
} from '@decree/contracts';
import type { Guard, Ledger } from '../ledger/port.ts';
import { type About, aboutRun, aboutTask, engineActor, type RecordEvent } from '../record.ts';
import type { Random } from '../system/random.ts';
import { chooseModel, rankOf } from '../workflow/dispatch.ts';

export interface RoleSettings {
  definition: string;
  adapter: string;
  model: string | null;
}

/** A run that would be queued, for the policy's word on it. */
export interface ProposedRun {
  id: string;
  task: Pick<Task, 'id' | 'issue' | 'repositoryId'>;
  role: Role;
  agentId: string;
  attempt: number;
  trigger: RunTrigger;
}

/** The policy forbids starting this agent. */
export class DispatchDenied extends Error {
  override readonly name = 'DispatchDenied';
  readonly decided: EventOf<'policy.decided'>;
  constructor(decided: EventOf<'policy.decided'>) {
    super(decided.payload.decision.reason);
    this.decided = decided;
  }
}

export interface EnqueueOptions {
  ledger: Ledger;
  record: RecordEvent;
  random: Random;
  repositoryId: string;
  roles: { readonly [R in Role]: RoleSettings };
  models: { simple: string | null; complex: string | null };
  /** The policy's word on starting this agent at all, ready to be recorded with the run. */
  judge: (proposed: ProposedRun, about: About) => Promise<EventOf<'policy.decided'>>;
}

/** How runs come to be: decided by the policy, then queued; the decision and the run are one commit. */
export interface Enqueue {
  /** A person's word. `commandId` makes it idempotent: it is the id of the run's first event. */
  dispatch(
    task: Task,
    role: 'implementor' | 'reviewer',
    pull: number | null,
    by: { actor: Actor; commandId: string },
  ): Promise<Run['id']>;
  /** The events of a Reviewer's run after an Implementor's success; committed by the caller with the follow-up. */
  review(task: Task, pull: number): Promise<Event[]>;
  plan(specs: SpecVersion[], correlationId: string, title: string): Promise<void>;
  /**
   * The events of a run in the place of one that cannot be resumed; committed by the caller with the end of that one. It
   * stands in the same scope: what was done outside is not done again.
   */
  restart(lost: Run): Promise<Event[]>;
}

export function createEnqueue(options: EnqueueOptions): Enqueue {
  const { ledger, record, random } = options;

  async function ask(proposed: ProposedRun, about: About): Promise<EventOf<'policy.decided'>> {
    const decided = await options.judge(proposed, about);
    if (decided.payload.decision.outcome !== 'allow') throw new DispatchDenied(decided);
    return decided;
  }

  async function eventsFor(
    task: Task,
    role: Role,
    start: { trigger: RunTrigger; pull: number | null; actor: Actor; eventId?: string },
  ): Promise<Event[]> {
    const { definition: agentId, adapter, model } = options.roles[role];
    const runId = random.uuidv7();
    const attempt = task.attempts[role] + 1;
    const about: About = { ...aboutTask(task), runId, agentId, actor: start.actor, causationId: start.eventId ?? null };
    const decided = await ask({ id: runId, task, role, agentId, attempt, trigger: start.trigger }, about);
    const previous = task.lastRunId === null ? null : await ledger.get('runs', task.lastRunId);
    const retryOf = previous && previous.role === role && previous.state !== 'success' ? previous.id : null;
    const queued = record(
      'run.queued',
      {
        ...{
          role,
          attempt,
          retryOf,
          effectScope: runId,
          trigger: start.trigger,
          agentId,
          adapter,
          issue: task.issue,
          pull: start.pull,
        },
        // Complexity says how hard it is to implement; planning and judging keep their own model.
        model: model ?? (role === 'implementor' ? chooseModel(task.sighting?.complexity ?? null, options.models) : null),
        rank: rankOf(task, role),
      },
      about,
    );
    return [decided, start.eventId ? { ...queued, id: start.eventId } : queued];
  }

  return {
    async dispatch(task, role, pull, { actor, commandId }) {
      const guards: Guard[] = [{ type: 'task_idle', taskId: task.id }];
      try {
        const events = await eventsFor(task, role, { trigger: 'person', pull, actor, eventId: commandId });
        await ledger.commit({ events, guards });
        return events[0]?.runId as string;
      } catch (error) {
        if (error instanceof DispatchDenied) await ledger.commit({ events: [error.decided] });
        throw error;
      }
    },
    review: (task, pull) => eventsFor(task, 'reviewer', { trigger: 'completion', pull, actor: engineActor }),
    async plan(specs, correlationId, title) {
      const taskId = random.uuidv7();
      const about: About = { repositoryId: options.repositoryId, correlationId, taskId };
      const created = record('task.created', { kind: 'plan', title, issue: null, specs }, about);
      // The task as it will be once this is committed.
      const task = fold(emptyState(), created).tasks[taskId] as Task;
      await ledger.commit({
        events: [created, ...(await eventsFor(task, 'planner', { trigger: 'spec', pull: null, actor: engineActor }))],
      });
    },
    async restart(lost) {
      const { role, effectScope, agentId, adapter, model, issue, pull, rank, repositoryId } = lost;
      const trigger = 'restart';
      const id = random.uuidv7();
      const attempt = lost.attempt + 1;
      const about: About = { ...aboutRun(lost), runId: id, sessionId: null };
      const decided = await ask({ id, task: { id: lost.taskId, issue, repositoryId }, role, agentId, attempt, trigger }, about);
      const queued = {
        role,
        attempt,
        retryOf: lost.id,
        effectScope,
        trigger,
        agentId,
        adapter,
        model,
        issue,
        pull,
        rank,
      } as const;
      return [decided, record('run.queued', queued, about)];
    },
  };
}
