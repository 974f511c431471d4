import { type Artifact, DecreeError, type Event, type Task } from '@decree/contracts';
import type { Forge } from '../forge/port.ts';
import type { FullPull, Pull } from '../forge/shapes.ts';
import type { Ledger } from '../ledger/port.ts';
import { type About, aboutTask, type RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import type { Answer, Effects } from './effects.ts';

export const mergeAnswer = (repositoryId: string, pull: number): Answer => ({
  status: 200,
  location: `/repos/${repositoryId}/pulls/${pull}`,
});

/** What a merge leaves behind. */
export function mergeArtifact(
  pull: Pick<Pull, 'number' | 'title' | 'url'>,
  about: About,
  { clock, random }: { clock: Clock; random: Random },
): Artifact {
  const { repositoryId, taskId = null, correlationId } = about;
  if (repositoryId === null) throw new DecreeError('invalid', `the merge of #${pull.number} belongs to no repository`);
  return {
    ...{ id: random.uuidv7(), kind: 'merge', repositoryId, taskId, runId: null, correlationId, recordedAt: clock.now() },
    ...{ reference: `#${pull.number}`, title: pull.title.slice(0, 500), url: pull.url },
  };
}

export interface LostMergeOptions {
  ledger: Ledger;
  record: RecordEvent;
  forge: Forge;
  effects: Effects;
  clock: Clock;
  random: Random;
}

/**
 * A merge of a task that was begun, whose answer is lost, and that the forge has done: it gets its end here, as the one who began
 * it would have written it. Null where there is none.
 */
export function createLostMerges(options: LostMergeOptions): (task: Task) => Promise<FullPull | null> {
  const { ledger, record, forge, effects } = options;
  return async (task) => {
    const page = await ledger.listEvents({ type: 'system.effect_started', taskId: task.id, newest: true, limit: 100 });
    for (const begun of page.items.toReversed()) {
      if (begun.type !== 'system.effect_started' || begun.payload.kind !== 'task.merge') continue;
      const { key, kind, actionHash, summary, target } = begun.payload;
      const { number } = target;
      if (number === undefined || (await ledger.get('effects', key))?.state !== 'started') continue;
      const pull = await forge.getPull(number);
      if (!pull.merged) continue;
      const about: About = { ...aboutTask(task), actor: begun.actor, causationId: begun.causationId };
      // By its key: one that is still under way is waited for, and then found done.
      await effects.perform<Answer>({
        ...{ key, kind, actionHash, summary, target, about, grantId: null },
        find: async () => mergeAnswer(task.repositoryId, number),
        act: () => Promise.reject(new DecreeError('conflict', `#${number} changes at this moment; try again`)),
        alongside: (): Event[] => [record('artifact.recorded', { artifact: mergeArtifact(pull, about, options) }, about)],
      });
      return pull;
    }
    return null;
  };
}
