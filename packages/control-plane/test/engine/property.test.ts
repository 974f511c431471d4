import { liveStates, type Run } from '@decree/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Bench, openEngine, type Step } from './support/open-engine.ts';
import { createPlace } from './support/place.ts';

const pull = 'scripts/workflow/gh.sh api repos/local/repo/pulls -f title=Done -f head={branch} -f base=main';
const behaviours: Record<string, Step[]> = {
  done: [],
  error: [{ end: 'error', message: 'no' }],
  dies: [{ say: 'x' }, { exit: 1 }],
  hangs: [{ hang: true }],
  asks: [{ run: pull, endIfDenied: true }],
  asksMuch: [{ side: [pull, 'git status', `${pull} -f draft=true`] }, { end: 'limit', message: 'enough' }],
  denied: [{ run: 'curl http://example.com' }, { write: 'x.txt', text: 'x' }],
};
type Move = { move: string; issue: number; behaviour: string };
const move: fc.Arbitrary<Move> = fc.record({
  move: fc.constantFrom(
    'dispatch',
    'dispatch',
    'dispatch',
    'cancel',
    'cancelTwice',
    'approve',
    'deny',
    'close',
    'label',
    'restart',
    'kill',
    'breathe',
  ),
  issue: fc.constantFrom(1, 2),
  behaviour: fc.constantFrom(...Object.keys(behaviours)),
});

/** What must hold after whatever happened. */
async function check(bench: Bench): Promise<void> {
  const events = await bench.events();
  const ends = new Map<string, number>();
  const live = new Map<string, string>();
  for (const event of events) {
    const { type, runId, taskId } = event;
    if (runId === null || taskId === null) continue;
    if (type === 'run.queued') {
      expect(live.get(taskId), `a second live run on ${taskId}`).toBeUndefined();
      live.set(taskId, runId);
    }
    if (type === 'run.succeeded' || type === 'run.failed' || type === 'run.canceled') {
      ends.set(runId, (ends.get(runId) ?? 0) + 1);
      live.delete(taskId);
    }
  }
  expect([...ends.values()].every((count) => count === 1)).toBe(true);
  const granted = events.flatMap((event) =>
    event.type === 'policy.granted' && event.payload.approvalId ? [event.payload.approvalId] : [],
  );
  expect(new Set(granted).size).toBe(granted.length);
  const runs = (await bench.ledger.listRuns({ limit: 500 })).items;
  for (const run of runs) expect(ends.has(run.id)).toBe(!(liveStates as readonly Run['state'][]).includes(run.state));
}

it('reaches no impossible state, whatever people, agents and kills do', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 10 }), async (moves) => {
      const place = createPlace();
      const options = { place, defers: true, settings: { parkAfterMs: 60, maxDurationMs: 20_000, maxAgents: 2 } };
      let bench = await openEngine(options);
      try {
        await bench.addTask('One');
        await bench.addTask('Two');
        for (const { move: what, issue, behaviour } of moves) {
          bench.script({ implementor: behaviours[behaviour] as Step[] });
          const task = (await bench.engine.query('getTask', { task: `${issue}` })).task;
          const question = (await bench.ledger.listApprovals({ state: 'pending', limit: 1 })).items[0];
          const runId = task.activeRunId ?? undefined;
          const refused = () => undefined;
          if (what === 'dispatch') await bench.command('task.dispatch', { task: `${issue}` }).catch(refused);
          if (what === 'cancel' && runId) await bench.command('run.cancel', { runId }).catch(refused);
          if (what === 'cancelTwice' && runId)
            await Promise.all([1, 2].map(() => bench.command('run.cancel', { runId }).catch(refused)));
          if (what === 'approve' && question) await bench.command('approval.approve', { approvalId: question.id }).catch(refused);
          if (what === 'deny' && question)
            await bench.command('approval.deny', { approvalId: question.id, reason: 'no' }).catch(refused);
          if (what === 'close') await bench.command('task.close', { task: `${issue}` }).catch(refused);
          if (what === 'label') await bench.command('task.label', { task: `${issue}`, add: ['status:in-progress'] });
          if (what === 'breathe') await new Promise((resolve) => setTimeout(resolve, 150));
          if (what === 'restart') await bench.close();
          if (what === 'kill') await bench.die();
          if (what === 'restart' || what === 'kill') bench = await openEngine(options);
          await check(bench);
        }
        const { state } = await bench.ledger.openState();
        for (const { id } of Object.values(state.runs)) await bench.command('run.cancel', { runId: id }).catch(() => undefined);
        await bench.poll(async () => Object.keys((await bench.ledger.openState()).state.runs).length === 0, 'all runs to end');
        await bench.poll(async () => (await bench.ledger.openFollowUps()).length === 0, 'all consequences');
        await check(bench);
        await bench.close();
      } finally {
        place.remove();
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
