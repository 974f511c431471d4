import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barLine, legend, runBars, scaleOf } from '../../../src/tui/model/timeline.ts';
import { textOf } from '../../../src/tui/text/line.ts';
import { displayWidth } from '../../../src/tui/text/width.ts';
import { sampleEvent } from '../screens/sample-state.ts';
import { at, idOf, nowMs, sampleRun } from './sample-world.ts';

const run = sampleRun('success', 1, { queuedAt: at(0), startedAt: at(2), endedAt: at(10) });
const events = [
  sampleEvent('run.queued', {}, { minute: 0 }),
  sampleEvent('run.started', {}, { minute: 2 }),
  sampleEvent('run.waiting', {}, { minute: 4 }),
  sampleEvent('run.parked', {}, { minute: 5 }),
  sampleEvent('run.requeued', {}, { minute: 6 }),
  sampleEvent('run.started', {}, { minute: 7 }),
  sampleEvent('run.succeeded', {}, { minute: 10 }),
];

describe("a run's bar", () => {
  it('shows queueing, work, waits, parking and retries with a glyph each', () => {
    const bars = runBars([run], events, nowMs);
    expect(textOf(barLine(bars[0]!, scaleOf(bars, 20)))).toBe('····████▒▒░░↻·██████');
    expect(textOf(legend(bars, scaleOf(bars, 20)))).toBe('· queued   █ at work   ▒ waits for you   ░ parked   ↻ queued again   ');
  });
  it('is drawn from the run alone while its events are not there', () => {
    const bars = runBars([run], [], nowMs);
    expect(textOf(barLine(bars[0]!, scaleOf(bars, 10)))).toBe('··████████');
  });
  it('of a live run ends now', () => {
    const [bar] = runBars([sampleRun('running', 1, { queuedAt: at(10), startedAt: at(20) })], [], nowMs);
    expect(bar?.segments.at(-1)).toMatchObject({ kind: 'running', toMs: nowMs });
  });
  it('takes one column for a night in which nothing ran', () => {
    const first = sampleRun('failure', 1, { id: idOf(1), queuedAt: at(0), startedAt: at(0), endedAt: at(10) });
    const second = sampleRun('success', 1, { id: idOf(2), queuedAt: at(600), startedAt: at(600), endedAt: at(610) });
    const bars = runBars([second, first], [], nowMs);
    const scale = scaleOf(bars, 21);
    expect(bars.map((bar) => textOf(barLine(bar, scale)))).toEqual(['██████████┆          ', '          ┆██████████']);
  });
  it('is as wide as it is given and never empty, whatever the times', () => {
    const spec = fc.record({ from: fc.integer({ min: 0, max: 2000 }), wait: fc.nat(500), work: fc.nat(500) });
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 12 }), fc.integer({ min: 10, max: 90 }), (specs, columns) => {
        const runs = specs.map(({ from, wait, work }, index) =>
          sampleRun('success', 1, {
            ...{ id: idOf(index), queuedAt: at(from), startedAt: at(from + wait), endedAt: at(from + wait + work) },
          }),
        );
        const bars = runBars(runs, [], nowMs);
        const scale = scaleOf(bars, columns);
        for (const bar of bars) {
          const text = textOf(barLine(bar, scale));
          expect(displayWidth(text)).toBe(columns);
          expect(text).toMatch(/[·█]/);
        }
      }),
    );
  });
});
