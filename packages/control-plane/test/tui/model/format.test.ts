import { describe, expect, it } from 'vitest';
import {
  formatCost,
  formatCount,
  formatDollars,
  formatDuration,
  formatExactDuration,
  formatMoment,
  speakDuration,
} from '../../../src/tui/model/format.ts';

const s = 1000;
const m = 60 * s;
const h = 60 * m;

describe('how long something took', () => {
  it.each([
    [-5, '0s', '0s', '0 seconds'],
    [999, '0s', '0s', '0 seconds'],
    [59 * s, '59s', '59s', '59 seconds'],
    [60 * s, '1m', '1m 00s', '1 minute'],
    [59 * m + 59 * s, '59m', '59m 59s', '59 minutes'],
    [h + 5 * m, '1h05m', '1h 05m', '1 hour'],
    [49 * h, '2d1h', '2d 1h', '49 hours'],
  ])('reads %i ms as %s, %s and %s', (ms, short, exact, spoken) => {
    expect([formatDuration(ms), formatExactDuration(ms), speakDuration(ms)]).toEqual([short, exact, spoken]);
  });
});

describe('when something was', () => {
  const now = new Date(2026, 10, 20, 14, 5).getTime();
  const iso = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();
  it.each([
    [iso(2026, 10, 20, 9, 3), '09:03'],
    [iso(2026, 10, 19, 23, 59), '19 Nov 23:59'],
    [iso(2025, 10, 20, 9, 3), '20 Nov 2025'],
    ['nonsense', '—'],
  ])('reads %s as %s', (timestamp, expected) => expect(formatMoment(timestamp, now)).toBe(expected));
});

describe('what something cost', () => {
  it('shows how sure the amount is', () => {
    expect(formatCost({ costUsd: 1.234, costBasis: 'reported' })).toBe('$1.23');
    expect(formatCost({ costUsd: 1.234, costBasis: 'table' })).toBe('~$1.23');
    expect(formatCost({ costUsd: 1.234, costBasis: 'unknown' })).toBe('≥$1.23');
    expect(formatCost({ costUsd: 0, costBasis: 'unknown' })).toBe('unknown');
  });
  it('never shows a little as nothing', () => {
    expect(formatDollars(0.0042)).toBe('$0.0042');
    expect(formatDollars(0)).toBe('$0.00');
  });
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1.0k'],
    [999_949, '999.9k'],
    [999_950, '1.0M'],
  ])('counts %i tokens as %s', (count, text) => expect(formatCount(count)).toBe(text));
});
