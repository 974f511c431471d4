import type { Run, StoredEvent } from '@decree/contracts';
import type { Bench } from '../engine/support/open-engine.ts';

export const pull =
  'scripts/workflow/gh.sh api repos/local/repo/pulls -f title=Done -f head={branch} -f base=main -f "body=Closes #{issue}"';
export const ended = ['run.succeeded', 'run.failed', 'run.canceled'];

export async function dispatch(bench: Bench, title?: string): Promise<{ issue: number; runId: string }> {
  const issue = await bench.addTask(title);
  const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
  return { issue, runId: runId as string };
}
export const stateOf = async (bench: Bench, runId: string) => (await bench.ledger.get('runs', runId)) as Run;
export const inState = (bench: Bench, runId: string, state: Run['state']) =>
  bench.poll(async () => {
    const run = await stateOf(bench, runId);
    return run.state === state && run;
  }, `run ${runId} to be ${state}`);
/** Its agent has begun, and the ledger knows of its session. */
export const working = (bench: Bench, runId: string, count = 1) =>
  bench.poll(async () => {
    const begun = (await bench.events('run.session_started')).filter((event) => event.runId === runId);
    return (
      begun.length >= count && bench.notes().filter((note) => note.event === 'start' && note.runId === runId).length >= count
    );
  }, 'the agent');
export const question = (bench: Bench) =>
  bench.poll(async () => (await bench.ledger.listApprovals({ state: 'pending', limit: 1 })).items[0], 'a question');
export const followedUp = (bench: Bench, runId: string) =>
  bench.until((event) => event.type === 'task.followed_up' && event.payload.runId === runId, 'the follow-up') as Promise<
    StoredEvent & { type: 'task.followed_up' }
  >;
export const terminal = async (bench: Bench, runId: string) =>
  (await bench.events()).filter((event) => event.runId === runId && ended.includes(event.type));
