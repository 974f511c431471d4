import { createClient } from '@decree/client';
import {
  type Command,
  type CommandType,
  commandInputs,
  commandTypes,
  DecreeError,
  type Engine,
  errorCodes,
  type QueryInput,
  type QueryName,
  queries,
  queryNames,
} from '@decree/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/system/clock.ts';
import { createMemoryEngine, type MemoryEngine } from './memory-engine.ts';
import { type OpenDoor, openDoor, operatorToken } from './open-door.ts';
import { at, idOf, outputs } from './samples.ts';

let memory: MemoryEngine;
let door: OpenDoor;
let client: Engine;
beforeAll(async () => {
  memory = createMemoryEngine();
  door = await openDoor(memory.engine);
  client = createClient({ socketPath: door.socketPath, token: operatorToken, sleep: systemClock.sleep });
});
afterAll(() => door.close());

const inputs: { [N in QueryName]: QueryInput<N> } = {
  health: {},
  snapshot: {},
  listTasks: { limit: 7, kind: 'plan', state: 'all' },
  getTask: { task: '#3' },
  listRuns: { state: 'waiting_approval', role: 'reviewer', taskId: idOf(2), after: 'a b&c=d/ä' },
  getRun: { runId: idOf(3) },
  listApprovals: { state: 'all', limit: 500, newest: true },
  getApproval: { approvalId: idOf(5) },
  listArtifacts: { correlationId: idOf(1) },
  listEvents: { before: 'a b&c', type: 'run.told' },
  trace: { reference: 'docs/specs/ä ö&x=1#2.md' },
  summary: {},
  verify: {},
  listSpend: { since: '2026-11-20', limit: 7 },
  listWorktrees: {},
  listOperations: { runId: idOf(3) },
  getIssue: { issue: 3 },
  getPull: { pull: 7 },
  decide: { role: 'implementor', tool: 'Bash', input: '{"command":"git status; rm -rf \\"x\\" & y"}', issue: 3 },
};

const commands: { [T in CommandType]: (typeof commandInputs)[T]['_zod']['input'] } = {
  'task.add': { title: 'Greet „by name“', body: 'line\nline\u2028\0', labels: ['priority:high'] },
  'task.dispatch': { task: '#3', role: 'reviewer' },
  'task.comment': { task: '3', body: 'x' },
  'task.label': { task: idOf(2), add: ['a'], remove: [] },
  'task.unblock': { task: '3', comment: 'go on' },
  'task.merge': { task: '3' },
  'task.close': { task: '3' },
  'task.requeue': { task: '#3' },
  'plan.start': {},
  'run.cancel': { runId: idOf(3), reason: 'wrong task' },
  'run.say': { runId: idOf(3), text: 'look at the tests' },
  'approval.approve': { approvalId: idOf(5) },
  'approval.deny': { approvalId: idOf(5), reason: 'not yet' },
  'worktree.clean': { branch: 'issue-3-1739000000' },
  'dispatch.pause': { reason: 'a release' },
  'dispatch.resume': {},
  'engine.stop': {},
};

describe('what a client gets is what the engine said', () => {
  it.each(queryNames)('to the query %s', async (name) => {
    const answer = await client.query(name, inputs[name] as never);
    expect(answer).toEqual(outputs[name]);
    expect(memory.asked.at(-1)).toEqual({ name, input: queries[name].input.parse(inputs[name]) });
  });

  it('of a session from either end, and page by page back', async () => {
    const said = (text: string) => ({ kind: 'text' as const, at: '2026-02-08T09:00:00.000Z', text });
    memory.say(idOf(77), [said('a'), said('b'), said('c')], true);
    const last = await client.streams.read({ sessionId: idOf(77), newest: true, limit: 2 });
    expect(last).toEqual({ entries: [said('b'), said('c')], next: '3', previous: '1', ended: true });
    expect(await client.streams.read({ sessionId: idOf(77), before: last.previous })).toEqual({
      ...{ entries: [said('a')], next: '1', ended: false },
    });
  });

  it.each(commandTypes)('to the command %s', async (type) => {
    const command = {
      id: idOf(500 + commandTypes.indexOf(type)),
      type,
      actor: { type: 'user', id: 'ada' },
      input: commands[type],
    } as Command;
    expect(await client.execute(command)).toEqual({ message: `did ${type}`, issue: 3 });
    expect(memory.executed.at(-1)).toEqual({ ...command, input: commandInputs[type].parse(commands[type]) });
  });

  it('to a page of a session', async () => {
    memory.say(idOf(4), [
      { kind: 'text', at, text: 'hello' },
      { kind: 'thinking', at, text: 'hm' },
    ]);
    expect(await client.streams.read({ sessionId: idOf(4), after: '1', limit: 1 })).toEqual({
      entries: [{ kind: 'thinking', at, text: 'hm' }],
      next: '2',
      ended: false,
    });
  });

  it.each(errorCodes)('when it refuses with %s', async (code) => {
    memory.fail(new DecreeError(code, 'so it is', { details: { state: 'success' } }));
    const refusal = await client.query('health', {}).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DecreeError);
    expect(refusal).toMatchObject(code === 'internal' ? { code } : { code, message: 'so it is', details: { state: 'success' } });
  });
});
