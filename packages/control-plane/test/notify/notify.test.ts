import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NotifySettings } from '../../src/engine/notify/notifier.ts';
import { openEngine } from '../engine/support/open-engine.ts';
import { createPlace } from '../engine/support/place.ts';

/** A program that writes down what it was told, then does as `after` says. */
const program = (file: string, after = '') =>
  [
    ...[process.execPath, '-e'],
    `let input = '';
     process.stdin.on('data', (chunk) => { input += chunk; }).on('end', () => {
       const { DECREE_EVENT, DECREE_TASK, DECREE_RUN, DECREE_RUN_ID, DECREE_MESSAGE, PATH } = process.env;
       const line = JSON.stringify({ DECREE_EVENT, DECREE_TASK, DECREE_RUN, DECREE_RUN_ID, DECREE_MESSAGE, PATH, ...JSON.parse(input) });
       require('node:fs').appendFileSync(${JSON.stringify(file)}, line + '\\n');
       ${after}
     });`,
  ] as unknown as NotifySettings['command'];

async function openTold(on: NotifySettings['on'], after?: string) {
  const place = createPlace();
  const file = join(place.root, 'told');
  const notify: NotifySettings = { command: program(file, after), on, timeoutMs: 60_000, env: { PATH: process.env.PATH ?? '' } };
  const bench = await openEngine({ place, settings: { notify }, script: { implementor: [{ exit: 3 }] } });
  const told = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as { [key: string]: unknown })
      : [];
  return { bench, told, remove: () => place.remove() };
}

describe('the person’s program', () => {
  it('is told once of what happens, in its environment and on stdin', async () => {
    const { bench, told, remove } = await openTold(['failure', 'blocked', 'done']);
    const issue = await bench.addTask('Say "hello"\nworld');
    const { runId } = await bench.command('task.dispatch', { task: `${issue}` });
    await bench.poll(() => told().length === 1, 'the failure');
    expect(told()[0]).toMatchObject({
      ...{ DECREE_EVENT: 'failure', DECREE_TASK: `#${issue}`, DECREE_RUN_ID: runId, kind: 'failure', event: 'run.failed', runId },
      DECREE_MESSAGE: expect.stringMatching(/^#\d+ Say "hello" world: failed/),
      task: { issue, title: expect.any(String) },
    });
    // The mark by which an agent's processes are found and ended: the person's program is none of them.
    expect(told()[0]).not.toHaveProperty('DECREE_RUN');
    await bench.command('task.label', { task: `${issue}`, add: ['status:blocked'] });
    await bench.command('task.close', { task: `${issue}` });
    await bench.poll(() => told().length === 3, 'the rest');
    expect(
      told()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['blocked', 'done', 'failure']);
    await bench.close();
    remove();
  });

  it('hears only what it asked for, and nothing of what was before', async () => {
    const first = await openTold(['approved']);
    const approved = await first.bench.addTask('Old', ['status:approved']);
    const pending = await first.bench.addTask('New');
    await first.bench.command('task.close', { task: `${approved}` });
    await first.bench.command('task.label', { task: `${pending}`, add: ['status:approved'] });
    await first.bench.poll(() => first.told().length > 0, 'the approval');
    await first.bench.close();
    expect(first.told().map(({ DECREE_TASK }) => DECREE_TASK)).toEqual([`#${pending}`]);
    first.remove();
  });

  it('that fails is warned of once, and holds nothing up', async () => {
    const { bench, told, remove } = await openTold(['done'], 'process.stderr.write("no bus"); process.exit(7);');
    for (const title of ['One', 'Two', 'Three']) {
      const issue = await bench.addTask(title);
      await bench.command('task.close', { task: `${issue}` });
    }
    await bench.poll(() => told().length === 3, 'all three');
    const warning = await bench.until(({ type }) => type === 'system.warned', 'the warning');
    expect(warning.payload).toMatchObject({ code: 'notify_failed', message: expect.stringMatching(/ended with 7: no bus/) });
    await bench.close();
    expect(told()).toHaveLength(3);
    remove();
  });
});
