// Long because each detail of a task is shown here over the same few rows.
import { describe, expect, it } from 'vitest';
import { createScreens } from '../../../src/tui/screens/index.ts';
import type { DetailTab, TuiState } from '../../../src/tui/store/state.ts';
import { at, idOf, sampleApproval, samplePull, sampleRepository, sampleRun, sampleTask, worldOf } from '../model/sample-world.ts';
import { detailOf, failed, fresh, keyOf, noOutputs, outputOf, page, sampleEvent, size, stateOf } from './sample-state.ts';

const screen = createScreens(keyOf).tasks;
const patch = '@@ -1,3 +1,3 @@\n hello\n-old\n+new\n end';
const pull = {
  ...{ number: 7, title: 'Greet', body: 'Closes #1', state: 'open', merged: false, draft: false, headRef: 'issue-1-1' },
  ...{ baseRef: 'main', url: 'https://forge.test/7', ci: 'failure' },
  checks: [
    { name: 'lint', state: 'success', summary: '', logTail: null, url: null },
    {
      name: 'test',
      state: 'failure',
      summary: '2 failed',
      logTail: Array.from({ length: 30 }, (_, n) => `row ${n}`).join('\n'),
      url: null,
    },
  ],
  files: [
    { path: 'src/a.ts', status: 'modified', additions: 1, deletions: 1, patch },
    { path: 'logo.png', status: 'added', additions: 0, deletions: 0, patch: null },
  ],
  reviews: [
    {
      ...{ author: 'rita', state: 'CHANGES_REQUESTED', body: 'Please mend.', submittedAt: at(22) },
      comments: [{ path: 'src/a.ts', line: 3, body: 'why?', author: 'rita' }],
    },
  ],
} as const;
type Details = TuiState['details'];
const withDetails = (state: TuiState, details: Partial<Details>, change: Partial<TuiState> = {}): TuiState => ({
  ...state,
  ...change,
  details: { ...state.details, ...details },
});
const opened = (tab: DetailTab, open: readonly string[]): Partial<TuiState> => ({
  tab,
  texts: { [`tasks:${idOf(1)}:${tab}`]: { top: 0, following: true, open: new Set(open) } },
});
const show = (state: TuiState, outputs = noOutputs) => detailOf(screen, state, idOf(1), outputs);

describe('the issue', () => {
  const state = stateOf(worldOf({ tasks: [sampleTask(1, { seen: { status: 'blocked' } })] }));
  const issue = { number: 1, title: 'Greet', body: '# Why\n\nIt is time.', state: 'open', author: 'ada', url: 'u' } as const;
  it('shows text, comments, and the label that was set last', () => {
    const detail = {
      ...issue,
      labels: ['status:pending', 'priority:high'],
      comments: [{ author: 'bob', body: 'Soon?', createdAt: at(12) }],
    };
    const text = show(withDetails(state, { issues: { 1: fresh(detail) } }));
    for (const part of ['status:blocked', 'priority:high', 'Why', 'It is time.', '1 comment', 'bob', 'Soon?'])
      expect(text).toContain(part);
    expect(text).not.toContain('status:pending');
  });
  it('says that it is being fetched, and why it could not be', () => {
    expect(show(state)).toContain('Fetching the issue …');
    expect(show(withDetails(state, { issues: { 1: failed } }))).toContain(
      'The issue could not be fetched: the forge did not answer.',
    );
  });
  it('keeps what was there when it cannot be fetched anew', () => {
    const stale = { ...fresh({ ...issue, labels: [], comments: [] }), status: 'failed', message: 'HTTP 502' } as const;
    const text = show(withDetails(state, { issues: { 1: stale } }));
    expect(text).toContain('It is time.');
    expect(text).toContain('HTTP 502. Shown as it was before.');
  });
});

describe('the pull request', () => {
  const tasks = [sampleTask(1, { seen: { status: 'review' } })];
  const pulls = [samplePull(9, [1], { draft: true }), samplePull(7, [1], { ci: 'failure' }), samplePull(5, [1])];
  const state = withDetails(stateOf(worldOf({ tasks, pulls })), { pulls: { 7: fresh(pull as never) } });
  it('is the newest that is no draft; the others are listed', () => {
    const text = show(state);
    expect(text).toContain('Greet');
    expect(text).toMatch(/Also open for this issue: 2\n {2}#9 ✓ \(draft\) Pull 9\n {2}#5 ✓ Pull 5/);
  });
  it("shows the end of a failed check's log, all of it when opened", () => {
    expect(show(state)).toMatch(/✗ failed {3}test\n {2}2 failed\n {2}▸ 18 earlier lines\n {2}│ row 18/);
    expect(show({ ...state, ...opened('pull', ['check:test']) })).toContain('│ row 0\n');
  });
  it('does not say that checks passed where there are none', () => {
    const unchecked = fresh({ ...pull, ci: 'success', checks: [] } as never);
    expect(show(state)).toMatch(/Checks +✗ failed/);
    expect(show(withDetails(state, { pulls: { 7: unchecked } }))).toMatch(/Checks +none/);
  });
  it('opens and closes the diff of a file where its line stands', () => {
    const closed = screen.detail(state, idOf(1), size, noOutputs);
    const fold = Array.from({ length: closed.length }, (_, index) => closed.foldAt?.(index)).filter(Boolean);
    expect(fold).toEqual(['check:test', 'file:src/a.ts', 'file:logo.png']);
    expect(show(state)).not.toContain('old');
    const text = show({ ...state, ...opened('pull', ['file:src/a.ts', 'file:logo.png']) });
    expect(text).toMatch(/- old\n.*\+ new/);
    expect(text).toContain('The forge gives no diff of it');
  });
  it('shows reviews with what they say of single lines, and finds what is wrong', () => {
    expect(show(state)).toMatch(/✗ rita asked for changes.*\nPlease mend\.\n {2}src\/a\.ts:3\n {4}why\?/);
    expect(screen.detail(state, idOf(1), size, noOutputs).errors?.()).toHaveLength(2);
  });
  it('says that there is none, and what makes one belong', () => {
    expect(show(stateOf(worldOf({ tasks })))).toContain('There is no open pull request for #1.');
  });
});

describe('what went wrong', () => {
  const lastFailure = { runId: idOf(501), code: 'agent_crashed' as const, message: 'it ended', at: at(25) };
  const tasks = [sampleTask(1, { lastFailure })];
  const crashed = stateOf(worldOf({ tasks, runs: [sampleRun('failure', 1)] }));
  const said = outputOf([{ kind: 'text', at: at(24), text: 'I shall run the tests.' }]);
  it('names agent, problem, session, branch, log, last words and what happens next', () => {
    const detail = { runs: { [idOf(501)]: fresh({ transcriptPath: '/state/x.jsonl' } as never) } };
    const text = show(withDetails(crashed, detail), said);
    for (const part of [
      'agent crashed',
      'the process ended with code 1',
      idOf(701),
      'issue-1-1',
      '/state/x.jsonl',
      'I shall run the tests.',
    ])
      expect(text).toContain(part);
    expect(text.replace(/\s+/g, ' ')).toContain('You can start it again now. Its work stays on the branch issue-1-1.');
  });
  it('says why it cannot be started again', () => {
    const blocked = [sampleTask(1, { lastFailure, seen: { status: 'blocked' } })];
    const text = show(stateOf(worldOf({ tasks: blocked, runs: [sampleRun('failure', 1)] }))).replace(/\s+/g, ' ');
    expect(text).toContain('It cannot be started again yet: #1 is blocked: unblock it first');
  });
  it('tells of a Planner that waits for a person', () => {
    const planFailure = { key: 'docs/specs/a.md\ndocs/specs/b.md', count: 5, nextTryAt: null };
    const state = stateOf(worldOf({ repositories: [sampleRepository({ planFailure })] }));
    const text = detailOf(screen, state, 'planner:acme/greeter');
    expect(text).toMatch(/failed 5 times in a row/);
    expect(text).toMatch(/docs\/specs\/a\.md\n• docs\/specs\/b\.md/);
    expect(text).toContain('Look at the specs, then start planning again.');
  });
});

describe('history, timeline and cost', () => {
  const first = sampleRun('failure', 1, { id: idOf(400), queuedAt: at(1), startedAt: at(2), endedAt: at(9), denials: 2 });
  const world = worldOf({ tasks: [sampleTask(1)], runs: [sampleRun('running', 1, { attempt: 2 })] });
  const state = withDetails(stateOf(world), {
    taskRuns: { [idOf(1)]: page([first]) },
    taskEvents: {
      [idOf(1)]: page([
        sampleEvent('run.failed', { code: 'agent_crashed', message: 'boom' }, { minute: 9 }),
        sampleEvent('run.used', {}),
      ]),
    },
  });
  it('set attempts side by side', () => {
    const [head, second, before] = show({ ...state, tab: 'history' }).split('\n');
    expect(head).toMatch(/^Run +Began +Outcome +Took +Tokens +Cost +Denied$/);
    expect(second).toMatch(/^implementor 2 .*▶ running +10m 00s +1\.0k +\$0\.42 +0$/);
    expect(before).toMatch(/^implementor 1 .*✗ failed +7m 00s +1\.0k +\$0\.42 +2$/);
  });
  it('draw runs over time, and say what happened without what is counted elsewhere', () => {
    const text = show({ ...state, tab: 'timeline' });
    expect(text).toMatch(/^implementor 1 +·+█+/);
    expect(text).toMatch(/failed, agent crashed: boom/);
    expect(text).not.toContain('used');
    expect(screen.detail({ ...state, tab: 'timeline' }, idOf(1), size, noOutputs).errors?.()).toHaveLength(1);
  });
  it('add up by run and by model', () => {
    const text = show({ ...state, tab: 'cost' });
    expect(text).toContain('$0.84 in 2 runs');
    expect(text).toMatch(/sonnet +\$0\.84 +2\.0k/);
  });
});

describe('the decisions', () => {
  const decided = (outcome: string, summary: string, reason: string) =>
    sampleEvent('policy.decided', {
      request: { action: { summary } },
      decision: { outcome, code: 'floor.protected_path', reason, determinedBy: ['no-ci'] },
    });
  const events = [decided('allow', 'run npm test', 'fine'), decided('deny', 'write ci.yml', 'CI is protected')];
  const base = stateOf(worldOf({ tasks: [sampleTask(1)], runs: [sampleRun('running', 1)] }));
  const state = withDetails(base, { decisions: { [idOf(501)]: page(events) } }, { tab: 'decisions' });
  it('count, and give the reason and the rule of what was not allowed; of the rest when opened', () => {
    const text = show(state);
    expect(text).toContain('2 decisions: 1 allowed, 1 denied, 0 asked of you');
    expect(text).toMatch(/✗ denied {3}write ci\.yml\n {2}why +CI is protected\n {2}rule +no-ci \(floor\.protected_path\)/);
    expect(text).not.toContain('fine');
    expect(show({ ...state, ...opened('decisions', [`decision:${events[0]!.id}`]) })).toContain('fine');
  });
});

describe('the approval', () => {
  const ask = (action: object, change = {}) => {
    const approval = sampleApproval(1, { action: { ...sampleApproval(1).action, ...action } as never, ...change });
    return stateOf(worldOf({ tasks: [sampleTask(1)], runs: [sampleRun('waiting_approval', 1)], approvals: [approval] }));
  };
  it('shows command, directory, rule, cost, deadline and what happens on no', () => {
    const text = show(ask({ arguments: { argv: ['npm', 'publish', '--tag', "it's"], cwd: 'packages/a' } }));
    expect(text).toContain(String.raw`$ npm publish --tag 'it'\''s'`);
    for (const part of [
      '/repo/.worktrees/issue-1-1/packages/a',
      'commands.publish',
      'publishing needs a person',
      '$0.42',
      'in 25m 00s',
    ])
      expect(text).toContain(part);
    expect(text).toContain('The agent reads your reason');
  });
  it('shows the diff of a write, found in what the agent said', () => {
    const input = {
      file_path: '/repo/.worktrees/issue-1-1/.github/ci.yml',
      old_string: 'on: push\n',
      new_string: 'on: [push]\n',
    };
    const call = outputOf([{ kind: 'tool_requested', at: at(25), toolCallId: 'x', tool: 'Edit', input }]);
    const write = ask({ kind: 'file.write', resource: '.github/ci.yml', arguments: {} });
    const text = show(write, call);
    expect(text).toMatch(/- on: push/);
    expect(text).toMatch(/\+ on: \[push\]/);
    expect(show(write)).toContain('What it writes is not at hand');
  });
  it('shows a question with its options', () => {
    const questions = [
      {
        question: 'Which greeting?',
        header: 'Words',
        options: [
          { label: 'Hi', description: 'short' },
          { label: 'Hello', description: '' },
        ],
        multiSelect: false,
      },
    ];
    const text = show(ask({ kind: 'agent.question', arguments: { questions } }));
    expect(text).toMatch(/Which greeting\?\n {2}1\. Hi – short\n {2}2\. Hello\n {2}Another answer is fine too\./);
    expect(text).toContain('Approve with your answer');
  });
  it('says that the deadline has passed', () => {
    expect(show(ask({}, { deadline: at(29) }))).toContain('has passed: it is about to count as denied');
  });
});

describe('the output', () => {
  const state = stateOf(worldOf({ tasks: [sampleTask(1)], runs: [sampleRun('running', 1)] }));
  it('is live while the run is, opens calls, and finds errors', () => {
    const entries = [
      { kind: 'text', at: at(20), text: 'Look.' },
      { kind: 'tool_requested', at: at(20), toolCallId: 'a', tool: 'Bash', input: { command: 'npm test' } },
      { kind: 'tool_completed', at: at(20), toolCallId: 'a', isError: true, output: 'boom' },
    ] as const;
    const detail = screen.detail(state, idOf(1), size, outputOf(entries));
    expect(detail.live).toBe(true);
    expect(detail.errors?.()).toHaveLength(1);
    const folds = Array.from({ length: detail.length }, (_, index) => detail.foldAt?.(index));
    expect(folds).toContain('a');
  });
  it.each([
    [outputOf([]), 'It has not said anything yet.'],
    [outputOf([], { ended: true }), 'It said nothing.'],
    [outputOf([], { message: 'no such session' }), 'What it says cannot be read: no such session.'],
    [noOutputs, 'Reading …'],
    [outputOf([], { version: 0 }), 'Reading …'],
  ])('says why there is nothing', (outputs, said) => expect(show(state, outputs)).toBe(said));
});
