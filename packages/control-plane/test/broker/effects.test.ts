import { describe, expect, it } from 'vitest';
import { type Answer, createEffects, type EffectRequest, markOf, withMark } from '../../src/engine/broker/effects.ts';
import { openScene, record } from '../runs/scene.ts';

async function openEffects() {
  const scene = await openScene();
  const told: string[] = [];
  const effects = createEffects(scene.ledger, record, (kind) => told.push(kind));
  let acts = 0;
  const request = (more: Partial<EffectRequest<Answer>> = {}): EffectRequest<Answer> => ({
    ...{ key: 'k', kind: 'forge.issue.create', actionHash: '0'.repeat(64), summary: 's', target: {}, grantId: null },
    about: { repositoryId: 'local/repo', correlationId: scene.taskId, taskId: scene.taskId, runId: scene.runId },
    act: async () => {
      acts += 1;
      return { status: 201, location: '/repos/local/repo/issues/1' };
    },
    ...more,
  });
  return { ...scene, effects, told, request, acts: () => acts };
}

describe('things done outside', () => {
  it('are done once for a key, and answered the second time by where the result stands', async () => {
    const bench = await openEffects();
    expect(await bench.effects.perform(bench.request())).toMatchObject({ repeated: false, answer: { status: 201 } });
    expect(await bench.effects.perform(bench.request())).toMatchObject({
      repeated: true,
      effect: { state: 'finished', location: '/repos/local/repo/issues/1' },
    });
    expect(bench.acts()).toBe(1);
    expect(bench.told).toEqual(['forge.issue.create']);
  });

  it('are done once when twenty ask at the same time', async () => {
    const bench = await openEffects();
    const all = await Promise.all(Array.from({ length: 20 }, () => bench.effects.perform(bench.request())));
    expect(bench.acts()).toBe(1);
    expect(all.filter((done) => !done.repeated)).toHaveLength(1);
  });

  it('are intended durably before they are done', async () => {
    const bench = await openEffects();
    const states: unknown[] = [];
    const act = async () => {
      states.push((await bench.ledger.get('effects', 'k'))?.state);
      return { status: 201, location: null };
    };
    await bench.effects.perform(bench.request({ act }));
    expect(states).toEqual(['started']);
  });

  it('are looked up, and not done again, when the answer was lost', async () => {
    const bench = await openEffects();
    const lost = bench.request({ act: () => Promise.reject(new Error('killed')) });
    await expect(bench.effects.perform(lost)).rejects.toThrow('killed');
    const find = async () => ({ status: 201, location: '/found' });
    expect(await bench.effects.perform(bench.request({ find }))).toMatchObject({ answer: { location: '/found' } });
    expect(bench.acts()).toBe(0);
  });

  it('are done after all when they are not found', async () => {
    const bench = await openEffects();
    await expect(bench.effects.perform(bench.request({ act: () => Promise.reject(new Error('killed')) }))).rejects.toThrow();
    await bench.effects.perform(bench.request({ find: async () => null }));
    expect(bench.acts()).toBe(1);
  });

  it('can be tried again when the forge refused them: nothing was done', async () => {
    const bench = await openEffects();
    const refused = bench.request({ act: async () => ({ status: 422, location: null }) });
    expect(await bench.effects.perform(refused)).toMatchObject({ repeated: false, answer: { status: 422 } });
    expect((await bench.ledger.get('effects', 'k'))?.state).toBe('refused');
    expect(await bench.effects.perform(bench.request())).toMatchObject({ repeated: false, answer: { status: 201 } });
    expect((await bench.ledger.get('effects', 'k'))?.state).toBe('finished');
    expect(bench.told).toHaveLength(1);
  });

  it('record what else became true with their end, and only when they were not refused', async () => {
    const bench = await openEffects();
    const alongside = () => [
      record('system.warned', { code: 'notify_failed', message: '' }, { repositoryId: null, correlationId: bench.taskId }),
    ];
    await bench.effects.perform(bench.request({ key: 'a', alongside, act: async () => ({ status: 500, location: null }) }));
    expect(await bench.events('system.warned')).toHaveLength(0);
    await bench.effects.perform(bench.request({ key: 'b', alongside }));
    await bench.effects.perform(bench.request({ key: 'b', alongside }));
    expect(await bench.events('system.warned')).toHaveLength(1);
  });
});

it('a mark is set once and names the whole key', () => {
  const marked = withMark('Text', 'a:1');
  expect(marked).toBe(`Text\n\n${markOf('a:1')}`);
  expect(withMark(marked, 'a:1')).toBe(marked);
  expect(marked.includes(markOf('a:11'))).toBe(false);
});
