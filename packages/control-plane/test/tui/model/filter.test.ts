import { describe, expect, it } from 'vitest';
import { type FilterSubject, matchesFilter, parseFilter } from '../../../src/tui/model/filter.ts';

const subject: FilterSubject = {
  status: ['WIP(2)', 'WIP', 'in-progress', 'running'],
  agent: ['implementor', 'coder', 'claude'],
  repo: ['acme/greeter'],
  label: ['task:implement', 'priority:high'],
  text: '#12 Greet in Welsh PR#4',
};
const fits = (typed: string, change: Partial<FilterSubject> = {}) => matchesFilter(parseFilter(typed), { ...subject, ...change });

describe('a filter', () => {
  it.each([
    ['', true],
    ['welsh', true],
    ['WELSH greet', true],
    ['welsh norse', false],
    ['"in welsh"', true],
    ['"welsh in"', false],
    ['#12', true],
    ['status:wip', true],
    ['status:in-prog', true],
    ['status:failed', false],
    ['status:failed status:wip', true],
    ['status:wip agent:rev', false],
    ['agent:cod', true],
    ['repo:greet', true],
    ['repo:other', false],
    ['label:priority:high', true],
    ['label:high', true],
    ['label:low', false],
    ['-status:wip', false],
    ['-status:failed', true],
    ['-welsh', false],
    ['-norse welsh', true],
    ['-label:low status:wip', true],
    ['STATUS:WIP', true],
  ])('of %j keeps a working task: %s', (typed, expected) => expect(fits(typed)).toBe(expected));

  it.each(['status:', '-', '-status:', '"', 'status:"'])('half typed as %j asks for nothing yet', (typed) => {
    expect(parseFilter(typed)).toEqual({ terms: [], message: null });
  });
  it('tells a status that is the beginning of another from it', () => {
    expect(fits('status:approve', { status: ['APPROVED'] })).toBe(false);
    expect(fits('status:approve', { status: ['APPROVE'] })).toBe(true);
    expect(fits('status:appr', { status: ['APPROVED'] })).toBe(true);
  });
  it('names a key that it does not know, and looks for it as text', () => {
    expect(parseFilter('prio:high status:wip').message).toContain('prio: is no filter');
    expect(fits('fix:it', { text: 'fix:it now' })).toBe(true);
    expect(fits('fix:it')).toBe(false);
  });
  it('is the same object for the same words', () => expect(parseFilter('a b')).toBe(parseFilter('a b')));
});
