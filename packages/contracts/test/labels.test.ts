import { describe, expect, it } from 'vitest';
import {
  complexities,
  complexityOf,
  dispatchableStatuses,
  labelDefinitions,
  labelValue,
  priorities,
  priorityOf,
  statusOf,
  taskStatuses,
  taskTypes,
} from '../src/index.ts';

describe('labels', () => {
  it('have a definition for each value of each category, and no others', () => {
    const expected = [
      ...taskTypes.map((value) => `task:${value}`),
      ...taskStatuses.map((value) => `status:${value}`),
      ...priorities.map((value) => `priority:${value}`),
      ...complexities.map((value) => `complexity:${value}`),
    ];
    expect(labelDefinitions.map(({ name }) => name).sort()).toEqual(expected.sort());
  });

  it('have what the forge takes: six hex digits, a description of at most 100 characters, a name of at most 50', () => {
    for (const { name, color, description } of labelDefinitions) {
      expect(name.length).toBeLessThanOrEqual(50);
      expect(color).toMatch(/^[0-9a-f]{6}$/);
      expect(description.length).toBeGreaterThan(0);
      expect(description.length).toBeLessThanOrEqual(100);
    }
    expect(new Set(labelDefinitions.map(({ color }) => color)).size).toBe(labelDefinitions.length);
  });

  it.each([
    [[], null],
    [['bug', 'status:'], null],
    [['status:review', 'task:implement'], 'review'],
    [['status:unheard-of'], null],
    [['Status:review', ' status:review', 'xstatus:review'], null],
    [['status:approved', 'status:pending'], 'pending'],
  ] as const)('%j stand at %s', (labels, status) => {
    expect(statusOf(labels)).toBe(status);
  });

  it('of one category are not read as another’s', () => {
    const labels = ['priority:high', 'complexity:simple', 'status:blocked'];
    expect([statusOf(labels), priorityOf(labels), complexityOf(labels)]).toEqual(['blocked', 'high', 'simple']);
    expect(labelValue(labels, 'task', taskTypes)).toBeNull();
    expect([priorityOf(['complexity:high']), complexityOf(['priority:simple'])]).toEqual([null, null]);
  });

  it('let an Implementor be dispatched from four statuses', () => {
    expect([...dispatchableStatuses].sort()).toEqual(['in-progress', 'needs-changes', 'pending', 'unblocked']);
  });
});
