import type { Artifact, Event, EventOf, Run } from '@decree/contracts';
import { DecreeError } from '@decree/contracts';
import type { Forge } from '../forge/port.ts';
import type { Ledger } from '../ledger/port.ts';
import type { About, RecordEvent } from '../record.ts';
import type { Clock } from '../system/clock.ts';
import type { Logger } from '../system/log.ts';
import type { Random } from '../system/random.ts';
import type { Workspaces } from '../workspaces/port.ts';
import { commitArtifacts } from './agent-push.ts';
import type { Answer } from './effects.ts';
import { type CarriedAnswer, findMarked, madeArtifact } from './made.ts';
import { mergeAnswer, mergeArtifact } from './merge.ts';

type Begun = EventOf<'system.effect_started'>;
interface Found {
  answer: Answer;
  artifacts: Artifact[];
}

export interface BegunOptions {
  ledger: Ledger;
  record: RecordEvent;
  forge: Forge;
  workspaces: Workspaces;
  clock: Clock;
  random: Random;
  log: Logger;
  repositoryId: string;
}

/** What an engine leaves begun is what its live runs did last; it is among its newest effects. */
const lookedAt = 500;
/** What carries a mark of its key on the list that it was put on. */
const marked = ['forge.pull.create', 'forge.comment.create', 'forge.review.create'];

/**
 * At start: effects that a dead engine began and whose answer it never wrote. Who asked for them need not ask again: an agent
 * that looks finds its issue or pull request and goes on, a person sees that it is merged. So the forge is asked here, and
 * what did happen gets its end and its artifact. What did not stays begun; asking again does it.
 */
export async function concludeBegun(options: BegunOptions): Promise<void> {
  const { ledger, record, log } = options;
  const page = await ledger.listEvents({ type: 'system.effect_started', newest: true, limit: lookedAt });
  for (const event of page.items) {
    if (event.type !== 'system.effect_started') continue;
    const { key } = event.payload;
    if ((await ledger.get('effects', key))?.state !== 'started') continue;
    try {
      const found = await find(event);
      if (!found) continue;
      const { status, location } = found.answer;
      const about = aboutOf(event);
      await ledger.commit({
        events: [
          record('system.effect_finished', { key, status, location, refused: false }, about),
          ...found.artifacts.map((artifact): Event => record('artifact.recorded', { artifact }, about)),
        ],
      });
    } catch (error) {
      log.warn({ key, correlationId: event.correlationId, err: error }, 'an effect that was begun could not be looked up');
    }
  }

  async function find(event: Begun): Promise<Found | null> {
    const { kind, key, summary } = event.payload;
    switch (kind) {
      case 'task.merge':
        return findMerge(event);
      case 'git.push':
        return findPush(event);
      default: {
        const answer = await findOnLists(kind, key, listsFor(event));
        if (!answer) return null;
        const artifact =
          event.runId === null ? null : madeArtifact(kind, answer.raw, { ...fresh(), about: aboutOf(event), summary });
        return { answer, artifacts: artifact ? [artifact] : [] };
      }
    }
  }

  async function findOnLists(kind: string, key: string, lists: readonly string[]): Promise<CarriedAnswer | null> {
    for (const list of lists) {
      const answer = await findMarked(options.forge, kind, list, key);
      if (answer) return answer;
    }
    return null;
  }

  /** Where something of this kind would be. Labels and states are not looked for: setting them again changes nothing. */
  function listsFor({ payload: { kind, target } }: Begun): string[] {
    if (target.path === undefined) return [];
    if (kind === 'forge.issue.create' || kind === 'task.add') return [`${target.path}?state=all`];
    return marked.includes(kind) ? [target.path] : [];
  }

  async function findMerge(event: Begun): Promise<Found | null> {
    const { number } = event.payload.target;
    if (number === undefined) return null;
    const pull = await options.forge.getPull(number);
    if (!pull.merged) return null;
    return { answer: mergeAnswer(options.repositoryId, number), artifacts: [mergeArtifact(pull, aboutOf(event), options)] };
  }

  /** Its branch on the forge stands where the push would have taken it. */
  async function findPush(event: Begun): Promise<Found | null> {
    const run = await runOf(event);
    if (!run) return null;
    const workspace = await options.workspaces.get(run.id);
    if (!workspace?.branch) return null;
    const tip = await options.forge.branchHead(workspace.branch);
    if (tip === null || tip !== event.payload.target.sha) return null;
    const commits = await options.workspaces.commits(workspace, tip);
    return { answer: { status: 200, location: null }, artifacts: await commitArtifacts(options, run, commits) };
  }

  async function runOf({ runId }: Begun): Promise<Run | null> {
    return runId === null ? null : ledger.get('runs', runId);
  }

  function fresh() {
    return { id: options.random.uuidv7(), recordedAt: options.clock.now() };
  }
}

function aboutOf(event: Begun): About {
  const { repositoryId, correlationId, taskId, runId, agentId, sessionId, actor } = event;
  if (repositoryId === null) throw new DecreeError('invalid', `the effect ${event.payload.key} belongs to no repository`);
  return { repositoryId, correlationId, taskId, runId, agentId, sessionId, actor, causationId: event.id };
}
