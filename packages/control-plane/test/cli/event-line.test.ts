import { type EventType, eventPayloads, eventTypes } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { createEventNames, eventLine } from '../../src/cli/event-line.ts';
import { outputs, run, task } from '../api/samples.ts';
import { eventOf, payloads } from './event-samples.ts';

const lineOf = (type: EventType) => eventLine(eventOf(type), createEventNames(outputs.snapshot));

describe('an event as a line for a person', () => {
  it.each(eventTypes)('%s is one line without undefined, objects or control characters', (type) => {
    if (type !== 'policy.decided') expect(eventPayloads[type].safeParse(payloads[type]).success).toBe(true);
    const line = lineOf(type);
    expect(line).toMatch(/^10:42:07 {2}\S/);
    expect(line).not.toMatch(/undefined|\[object|null|NaN/);
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).not.toContain(`  ${type}`);
  });

  it.each<[EventType, string]>([
    ['run.queued', '10:42:07  #3 implementor (attempt 2)  implementor 2 queued (person) by ada'],
    ['run.failed', '10:42:07  #3 implementor  failed, approval denied: split it'],
    ['policy.approval_decided', '10:42:07  #3 implementor  approval 00000005 denied by ada: split it'],
    ['policy.decided', '10:42:07  #3 implementor  denied: open a pull request from issue-3 into main (not a simple command)'],
    ['task.status_set', '10:42:07  #3 implementor  status in-progress → pending by ada (recovery): no live run'],
    ['run.used', '10:42:07  #3 implementor  used 1500 tokens, $0.0123 (sonnet)'],
  ])('%s reads so', (type, line) => {
    expect(lineOf(type)).toBe(line);
  });

  it('learns from the events whose run and task one is about', () => {
    const names = createEventNames();
    expect(eventLine(eventOf('run.started'), names)).toBe('10:42:07  00000002 run 00000003  started');
    eventLine(eventOf('task.created'), names);
    eventLine(eventOf('run.queued'), names);
    expect(eventLine(eventOf('run.started'), names)).toBe('10:42:07  #3 implementor (attempt 2)  started');
    expect([names.task(task.id), names.run(run.id)]).toEqual(['#3', 'implementor (attempt 2)']);
  });

  it('of a later version is shown by its type', () => {
    const event = { ...eventOf('run.started'), type: 'run.dreamt' } as never;
    expect(eventLine(event, createEventNames())).toContain('run.dreamt');
  });

  it('does not let text from outside move the terminal’s cursor or begin a new line', () => {
    const event = { ...eventOf('run.told'), payload: { text: 'a\u001b[2J\nb\u0007\u202ec\r\u009b31m' } } as never;
    expect(eventLine(event, createEventNames())).toBe('10:42:07  00000002 run 00000003  told by ada: a bc');
  });
});
