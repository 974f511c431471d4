import { createHash } from 'node:crypto';
import {
  type Approval,
  type Command,
  type CommandInput,
  type CommandType,
  DecreeError,
  type Engine,
  type Run,
  type Task,
} from '@decree/contracts';
import { systemClock } from '../../packages/control-plane/src/engine/system/index.ts';
import type { Sabotage } from './sabotage.ts';

/** The tasks of the demo, by the headings of its spec: two are carried through, the third one's pull request is denied. */
export const rejectedOnce = 'Make the reading time honest';
export const rightAtOnce = 'Show the most frequent words';
export const denied = 'Show how a text begins';

export const denialReason = 'not in this release: leave the branch as it is, we come back to it';
const demo = { type: 'user', id: 'demo' } as const;

export interface Scene {
  tasks: Task[];
  runs: Run[];
  approvals: Approval[];
}

export async function readScene(engine: Engine): Promise<Scene> {
  const [tasks, runs, approvals] = await Promise.all([
    engine.query('listTasks', { state: 'all', limit: 500 }),
    engine.query('listRuns', { limit: 500 }),
    engine.query('listApprovals', { state: 'all', limit: 500 }),
  ]);
  return { tasks: tasks.items, runs: runs.items, approvals: approvals.items };
}

export const taskOf = (scene: Scene, title: string): Task | undefined =>
  scene.tasks.find((task) => task.kind === 'implement' && task.title === title);
export const runsOf = (scene: Scene, title: string, role: Run['role']): Run[] => {
  const task = taskOf(scene, title);
  return task ? scene.runs.filter((run) => run.taskId === task.id && run.role === role) : [];
};

/**
 * The person of the headless demo. It looks at what is, not at what it remembers: started again after a kill, it goes on
 * where things stand. Each of its words has an id made of what it is about, so saying it twice does nothing twice.
 */
export function createOperator(
  engine: Engine,
  { sabotage, hesitateMs }: { sabotage: Sabotage | null; hesitateMs: number },
): (scene: Scene) => Promise<void> {
  const said = new Set<string>();
  /** Since when it has had each thing to say, and when it spoke last: a person says one thing at a time, each after a look. */
  const wanted = new Map<string, number>();
  let spokeAt = systemClock.monotonicMs();

  function hesitates(id: string): boolean {
    const now = systemClock.monotonicMs();
    const since = wanted.get(id) ?? now;
    wanted.set(id, since);
    if (now - Math.max(since, spokeAt) < hesitateMs) return true;
    spokeAt = now;
    return false;
  }

  async function say<T extends CommandType>(type: T, about: string, input: CommandInput<T>): Promise<void> {
    const id = idFor(`${type} ${about}`);
    if (said.has(id) || hesitates(id)) return;
    said.add(id);
    try {
      await engine.execute({ id, type, actor: demo, input } as Command);
    } catch (error) {
      // Things moved on since the scene was read, or the forge is not ready: the next look decides anew.
      said.delete(id);
      if (!(error instanceof DecreeError) || (error.code !== 'conflict' && error.code !== 'unavailable')) throw error;
    }
  }

  async function decide(scene: Scene): Promise<void> {
    for (const approval of scene.approvals.filter(({ state }) => state === 'pending')) {
      const title = scene.tasks.find((task) => task.id === approval.taskId)?.title;
      if (sabotage === 'withheld-approval' && title === rejectedOnce) continue;
      const no = title === denied || (sabotage === 'missing-pull' && title === rightAtOnce);
      if (no) await say('approval.deny', approval.id, { approvalId: approval.id, reason: denialReason });
      else await say('approval.approve', approval.id, { approvalId: approval.id });
    }
  }

  async function dispatch(scene: Scene, title: string): Promise<void> {
    const task = taskOf(scene, title);
    if (!task || task.closedAt || task.activeRunId || task.followUpRunId) return;
    const status = task.sighting?.status;
    const fresh = status === 'pending' && task.attempts.implementor === 0;
    const review = status === 'review' && isInterrupted(scene.runs.find((run) => run.id === task.lastRunId));
    // One that a crash gave back is dispatched again; one whose pull request was denied is not.
    const givenBack = status === 'pending' && task.attempts.implementor > 0 && task.lastFailure?.code !== 'approval_denied';
    if (fresh || givenBack || status === 'needs-changes') {
      await say('task.dispatch', `${task.id} after ${task.lastRunId ?? 'nothing'}`, { task: task.id, role: 'implementor' });
    } else if (review) {
      await say('task.dispatch', `${task.id} again after ${task.lastRunId}`, { task: task.id, role: 'reviewer' });
    }
  }

  /** A Planner that was killed is started again at once, and not when its back-off is over. */
  async function plan(scene: Scene): Promise<void> {
    const last = scene.runs.find((run) => run.role === 'planner');
    if (isInterrupted(last)) await say('plan.start', `again after ${last?.id}`, {});
  }

  return async (scene) => {
    await decide(scene);
    await plan(scene);
    if (!taskOf(scene, rejectedOnce) || !taskOf(scene, rightAtOnce)) return;
    await dispatch(scene, rejectedOnce);
    await dispatch(scene, rightAtOnce);
    // The third one begins once the first two have shown what they made.
    if (runsOf(scene, rejectedOnce, 'reviewer').length > 0 || runsOf(scene, rightAtOnce, 'reviewer').length > 0)
      await dispatch(scene, denied);
    for (const title of [rejectedOnce, rightAtOnce]) {
      const task = taskOf(scene, title);
      if (task && !task.closedAt && !task.activeRunId && !task.followUpRunId && task.sighting?.status === 'approved') {
        await say('task.merge', `${task.id} after ${task.lastRunId}`, { task: task.id });
      }
    }
  };
}

/** Ended by a kill of its process, or of its engine too often: no fault of its own, so it is started again. */
export function isInterrupted(run: Run | undefined): boolean {
  if (run?.state !== 'failure') return false;
  return run.code === 'requeued_too_often' || run.code === 'session_lost' || /\bSIGKILL\b/.test(run.message);
}

/** A UUIDv7 made of a text: the time is a fixed one, the rest is its hash. */
export function idFor(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `01980000-0000-7${hex.slice(0, 3)}-a${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}
