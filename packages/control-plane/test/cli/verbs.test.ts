import { DecreeError, errorCodes, errorTable, type Run } from '@decree/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryEngine, type MemoryEngine } from '../api/memory-engine.ts';
import { approval, at, eventAt, idOf, outputs, run, task } from '../api/samples.ts';
import { eventOf } from './event-samples.ts';
import { cli } from './run-in-process.ts';

let memory: MemoryEngine;
beforeEach(() => {
  memory = createMemoryEngine();
});
const ran = (...args: string[]) => cli(memory.engine, args);

const runId = run.id;
const commands: [string[], string, unknown][] = [
  [
    ['task', 'add', 'Greet', '--body', 'Say hello.', '--label', 'a', '--label', 'b'],
    'task.add',
    { title: 'Greet', body: 'Say hello.', labels: ['a', 'b'] },
  ],
  [['task', 'add', 'Greet', '--body', '-'], 'task.add', { title: 'Greet', body: 'from stdin', labels: [] }],
  [['task', 'comment', '3', 'hello'], 'task.comment', { task: '3', body: 'hello' }],
  [['task', 'label', '#3', '--add', 'x', '--remove', 'y'], 'task.label', { task: '#3', add: ['x'], remove: ['y'] }],
  [['task', 'unblock', '3', '--comment', 'go'], 'task.unblock', { task: '3', comment: 'go' }],
  [['task', 'merge', '3'], 'task.merge', { task: '3' }],
  [['task', 'close', task.id.slice(-8)], 'task.close', { task: task.id }],
  [['dispatch', '3'], 'task.dispatch', { task: '3', role: 'implementor' }],
  [['dispatch', '3', '--role', 'reviewer'], 'task.dispatch', { task: '3', role: 'reviewer' }],
  [['plan'], 'plan.start', {}],
  [['cancel', runId, '--reason', 'wrong'], 'run.cancel', { runId, reason: 'wrong' }],
  [['say', '#3', 'look'], 'run.say', { runId, text: 'look' }],
  [['approve', approval.id.slice(-6)], 'approval.approve', { approvalId: approval.id }],
  [['deny', approval.id, '--reason', 'no'], 'approval.deny', { approvalId: approval.id, reason: 'no' }],
  [['task', 'requeue', '#3'], 'task.requeue', { task: '#3' }],
  [['worktree', 'clean', 'issue-3-1'], 'worktree.clean', { branch: 'issue-3-1' }],
  [['pause', '--reason', 'a release'], 'dispatch.pause', { reason: 'a release' }],
  [['pause'], 'dispatch.pause', {}],
  [['resume'], 'dispatch.resume', {}],
  [['stop'], 'engine.stop', {}],
];

describe('a verb that commands', () => {
  it.each(commands)('%j gives the engine %s by the person', async (args, type, input) => {
    const result = await ran(...args);
    expect([result.code, result.out, result.err]).toEqual([0, `did ${type}\n`, '']);
    expect(memory.executed).toEqual([{ id: idOf(700), type, actor: { type: 'user', id: 'ada' }, input }]);
  });

  it.each(commands)('%j prints one JSON document with --json', async (args, type) => {
    const result = await ran(...args, '--json');
    expect(result.json()).toEqual({ message: `did ${type}`, issue: 3 });
  });
});

const shown: [string[], unknown][] = [
  [['task', 'list'], outputs.listTasks],
  [['task', 'show', '3'], outputs.getTask],
  [['runs'], outputs.listRuns],
  [['run', 'show', runId], outputs.getRun],
  [['approvals'], outputs.listApprovals],
  [['worktrees'], outputs.listWorktrees],
  [['operations', '--run', runId], outputs.listOperations],
  [['spend', '--since', '2026-11-20'], outputs.listSpend],
  [['events'], outputs.listEvents],
  [['trace', '#3'], outputs.trace],
  [['verify'], outputs.verify],
];

describe('a verb that shows', () => {
  it.each(shown)('%j prints the engine’s answer whole with --json, before or after the verb', async (args, output) => {
    expect((await ran(...args, '--json')).json()).toEqual(output);
    expect((await ran('--json', ...args)).json()).toEqual(output);
  });

  it.each(shown.map(([args]) => args))('%j fits 80 columns', async (...args) => {
    const long = 'A very long title that goes on and on 長い題名 🎉 '.repeat(5);
    memory.answer.listTasks = { items: [{ ...task, title: long }] };
    memory.answer.listRuns = { items: [{ ...run, state: 'failure', endedAt: at, code: 'agent_error', message: long } as Run] };
    memory.answer.listApprovals = { items: [{ ...approval, action: { ...approval.action, summary: long } }] };
    const { out, code } = await ran(...args);
    expect(code).toBe(0);
    expect(out).not.toContain('\u001b');
    for (const line of out.split('\n'))
      if (args[0] !== 'events') expect(line.replace(/[長い題名🎉]/gu, 'xx').length).toBeLessThanOrEqual(80);
  });

  it('lines its columns up', async () => {
    memory.answer.listTasks = { items: [task, { ...task, issue: 112, sighting: null, title: 'Second' }] };
    expect((await ran('task', 'list')).out).toBe(
      'TASK  STATUS       PRIORITY  RUN       TITLE\n#3    in-progress  high      00000003  Greet by name\n#112  –                      00000003  Second\n',
    );
    expect((await ran('runs')).out).toBe(
      'RUN       TASK  ROLE         TRY      TOOK   COST  STATE\n00000003  #3    implementor    1  1 m 40 s  $0.01  running\n… more: --limit, or --after with the next of --json\n',
    );
    expect((await ran('approvals')).out).toBe(
      'APPROVAL  TASK  ROLE              LEFT  ASKS TO\n00000005  #112  implementor  23 h 58 m  open a pull request from issue-3 into m…\n',
    );
  });

  it('paints on a terminal only', async () => {
    memory.answer.listApprovals = { items: [approval, { ...approval, state: 'denied' }] };
    expect((await cli(memory.engine, ['approvals'], { io: { colour: true, terminal: true } })).out).toContain(
      '\u001b[33mpending',
    );
  });

  it('passes its filters on', async () => {
    await ran('runs', '--state', 'running', '--role', 'reviewer', '--limit', '5', '--after', 'c', '--task', '3');
    expect(memory.asked.at(-1)).toEqual({
      name: 'listRuns',
      input: { state: 'running', role: 'reviewer', limit: 5, after: 'c', taskId: task.id },
    });
    await ran('task', 'list', '--all', '--kind', 'plan');
    expect(memory.asked.at(-1)).toEqual({ name: 'listTasks', input: { kind: 'plan', state: 'all', limit: 50 } });
    await ran('approvals', '--state', 'all');
    expect(memory.asked.at(-1)?.input).toMatchObject({ state: 'all' });
  });

  it('says so when there is nothing', async () => {
    memory.answer.listTasks = { items: [] };
    memory.answer.listApprovals = { items: [] };
    expect((await ran('task', 'list')).out).toBe('no tasks\n');
    expect((await ran('approvals')).out).toBe('nothing waits for you\n');
  });

  it('exits 1 when verify found something, and names it', async () => {
    memory.answer.verify = {
      ok: false,
      streams: 1,
      events: 2,
      problems: [{ stream: 'task:x', cursor: '2', eventId: idOf(1), message: 'the chain does not fit' }],
    };
    const result = await ran('verify');
    expect([result.code, result.out]).toEqual([1, `task:x  ${idOf(1)}  the chain does not fit\n`]);
  });
});

describe('a list', () => {
  it('is read back from a cursor, or from its newest end', async () => {
    await ran('events', '--before', 'c7', '--limit', '3');
    expect(memory.asked.at(-1)).toMatchObject({ name: 'listEvents', input: { before: 'c7', limit: 3 } });
    await ran('approvals', '--state', 'all', '--newest');
    expect(memory.asked.at(-1)).toMatchObject({ name: 'listApprovals', input: { state: 'all', newest: true } });
    const both = await ran('events', '--follow', '--before', 'c7');
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('expected one of --follow and --before, got both')]);
  });
});

describe('an abbreviated id', () => {
  const other = { ...run, id: '019a0000-0000-7000-8000-00b000000003' };
  it('that fits two is refused with a list of them', async () => {
    memory.answer.listRuns = { items: [run, other] };
    const result = await ran('cancel', '00000003');
    expect(result.code).toBe(2);
    expect(result.err).toContain(run.id);
    expect(result.err).toContain(other.id);
    expect(memory.executed).toEqual([]);
  });

  it('is looked for on every page', async () => {
    const last = { ...run, id: '019a0000-0000-7000-8000-0000deadbeef' };
    const engine = {
      ...memory.engine,
      query: (async (name: string, input: { after?: string }) =>
        name === 'listRuns'
          ? input.after
            ? { items: [last] }
            : { items: [run], next: 'p2' }
          : memory.engine.query(name as 'health', {})) as never,
    };
    const result = await cli(engine, ['cancel', 'deadbeef']);
    expect(result.code).toBe(0);
    expect(memory.executed[0]?.input).toEqual({ runId: last.id });
  });

  it.each([
    ['nope!', 2, 'expected the id'],
    ['abc', 2, 'at least 4 characters'],
    ['ffffffff', 4, 'there is no run'],
  ])('%s is refused', async (written, code, message) => {
    memory.answer.listRuns = { items: [run] };
    const result = await ran('cancel', written);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });
});

describe('a mistake', () => {
  it.each(errorCodes)('of the code %s ends with its exit code and no stack', async (code) => {
    memory.fail(new DecreeError(code, 'so it is'));
    const result = await ran('plan');
    expect(result.code).toBe(errorTable[code].exitCode);
    expect(result.err).toBe('control-plane: so it is\n');
    memory.fail(new DecreeError(code, 'so it is'));
    expect(JSON.parse((await ran('plan', '--json')).err)).toEqual({ code, message: 'so it is' });
  });

  it.each([
    [['runz'], /no verb "runz"; did you mean runs/],
    [['task', 'lst'], /unknown command 'lst'/],
    [['runs', '--stat', 'x'], /unknown option '--stat'/],
    [['runs', '--state', 'gone'], /queued/],
    [['runs', '--limit', '0'], /from 1 to 500/],
    [['deny', 'abcd'], /--reason/],
    [['cancel'], /missing required argument/],
    [['plan', 'extra'], /too many arguments/],
    [['task', 'label', '3'], /--add LABEL or --remove LABEL/],
    [['events', '--type', 'run.fail'], /did you mean run\.failed/],
  ])('%j is told as one, with exit code 2', async (args, message) => {
    const result = await ran(...args);
    expect(result.code).toBe(2);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n\s+at /);
    expect(memory.executed).toEqual([]);
  });

  it('without an engine says how to start one, with exit code 6', async () => {
    const result = await cli(null, ['runs']);
    expect([result.code, result.err]).toEqual([
      6,
      'control-plane: no engine is running for this repository: start one with `control-plane`\n',
    ]);
  });
});

describe('help', () => {
  const verbs = [
    'start',
    'init',
    'doctor',
    'stop',
    'task add',
    'task list',
    'task show',
    'task comment',
    'task label',
    'task unblock',
    'task merge',
    'task close',
    'dispatch',
    'plan',
    'runs',
    'run show',
    'cancel',
    'say',
    'logs',
    'events',
    'trace',
    'verify',
    'export',
    'approvals',
    'approve',
    'deny',
  ];
  it.each(verbs)('of %s has examples, fits 80 columns and exits 0', async (verb) => {
    const result = await ran(...verb.split(' '), '--help');
    expect(result.code).toBe(0);
    expect(result.out).toContain('Examples:');
    for (const line of result.out.split('\n').filter((each) => !each.startsWith('  control-plane')))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('of the whole names every verb and the exit codes', async () => {
    const { out, code } = await ran('--help');
    expect(code).toBe(0);
    for (const verb of verbs) expect(out).toMatch(new RegExp(`^ {2}${verb.split(' ')[0]}\\b`, 'm'));
    expect(out).toContain('Exit codes');
  });

  it('gives the version', async () => {
    expect((await ran('--version')).out).toBe('0.1.0\n');
  });
});

describe('without a verb', () => {
  it.each([
    [[], { headless: false }],
    [['--headless'], { headless: true }],
    [['--repo', 'x', '--headless', '--data', 'd'], { repo: 'x', data: 'd', headless: true }],
    [['start', '--headless', '--repo', 'x'], { repo: 'x', headless: true }],
  ])('%j starts an engine', async (args, expected) => {
    const started: unknown[] = [];
    const result = await cli(null, args, { start: async (options) => void started.push(options) });
    expect([result.code, started]).toEqual([0, [{ readOnly: false, ...expected }]]);
  });

  it('passes --repo and --data on to whatever connects', async () => {
    const places: unknown[] = [];
    await cli(null, ['runs', '--repo', 'x', '--data', 'd'], {
      connect: async (place) => {
        places.push(place);
        return memory.engine;
      },
    });
    expect(places).toEqual([{ repo: 'x', data: 'd' }]);
  });
});

describe('events and logs', () => {
  it('follows until it is interrupted, as NDJSON with --json, and only what was asked for', async () => {
    memory.append([eventAt(1), eventOf('run.failed', 2), eventAt(3)]);
    const stop = new AbortController();
    const result = await cli(memory.engine, ['events', '--follow', '--from-start', '--type', 'run.told', '--json'], {
      io: { signal: stop.signal },
      onOut: (out) => {
        if (out.split('\n').length > 2) stop.abort();
      },
    });
    expect(result.code).toBe(0);
    expect(
      result.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).cursor),
    ).toEqual(['1', '3']);
  });

  it('shows the latest events as lines, cut on a terminal only', async () => {
    memory.append([eventAt(1, { payload: { text: 'x'.repeat(100) } } as never)]);
    expect((await ran('events')).out).toBe(`10:42:07  #3 implementor  told by ada: ${'x'.repeat(100)}\n`);
    const cut = (await cli(memory.engine, ['events'], { io: { terminal: true } })).out;
    expect(cut.trimEnd()).toHaveLength(80);
    expect(cut).toMatch(/…\n$/);
  });

  it('shows what an agent said and did, and its end', async () => {
    memory.say(
      idOf(4),
      [
        { kind: 'text', at, text: 'I will look.\nThen act.' },
        { kind: 'tool_requested', at, toolCallId: 't', tool: 'Bash', input: { command: 'ls' } },
        {
          kind: 'tool_completed',
          at,
          toolCallId: 't',
          isError: false,
          output: Array.from({ length: 20 }, (_, n) => `file${n}`).join('\n'),
        },
        { kind: 'told', at, by: 'ada', text: 'go \u001b[31mon' },
      ],
      true,
    );
    for (const args of [
      ['logs', runId],
      ['logs', runId, '--follow'],
    ]) {
      const { out, code } = await ran(...args);
      expect(code).toBe(0);
      expect(out).toContain(
        '10:42:07  I will look.\n          Then act.\n10:42:07  → Bash {"command":"ls"}\n10:42:07  ← file0\n',
      );
      expect(out).toContain('… 8 more lines\n10:42:07  ada says: go on\n');
    }
    expect((await ran('logs', runId, '--json')).json() as { entries: unknown[]; ended: boolean }).toMatchObject({
      sessionId: idOf(4),
      ended: true,
    });
    expect(
      (await ran('logs', runId, '--follow', '--json')).out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).kind),
    ).toEqual(['text', 'tool_requested', 'tool_completed', 'told']);
  });

  it('waits for a session that has not begun when it follows, and says so when it does not', async () => {
    memory.answer.getRun = { ...outputs.getRun, run: { ...run, state: 'queued', sessionId: null } };
    const refused = await ran('logs', runId);
    expect([refused.code, refused.err]).toEqual([4, expect.stringContaining('--follow waits')]);
    memory.say(idOf(4), [{ kind: 'text', at, text: 'hello' }], true);
    const followed = ran('logs', runId, '--follow');
    await new Promise((resolve) => setImmediate(resolve));
    memory.append([{ ...eventOf('run.session_started', 9), sessionId: idOf(4) } as never]);
    expect((await followed).out).toBe('10:42:07  hello\n');
  });
});

it('stop --wait returns when the engine has gone', async () => {
  let asked = 0;
  const engine = {
    ...memory.engine,
    query: async () => {
      asked += 1;
      if (asked === 3) throw new DecreeError('unavailable', 'gone');
      return outputs.health as never;
    },
  };
  const result = await cli(engine, ['stop', '--wait']);
  expect([result.code, asked]).toEqual([0, 3]);
});
