import { readFileSync } from 'node:fs';
import { type Action, actionKinds, roles } from '@decree/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { createCedarEngine, createPolicy, isProtected, normalise } from '../../src/engine/policy/index.ts';
import { createWorkspace, ownBranch, repository, requestOf } from './fixtures.ts';

const guide = readFileSync(new URL('../../../../docs/guide/policy.md', import.meta.url), 'utf8');
const rows = [...guide.matchAll(/^\| `([a-z.]+)` \| `(.+?)` \| (\w+) \| (\w+) \| (\w+) \|$/gm)].map(
  ([, kind, example, ...cells]) => ({ kind, example, cells }),
);
const outcomes: Record<string, string> = { allow: 'allow', deny: 'deny', approval: 'require_approval' };

/** The example's first word is a tool, or a sub-command of gh.sh. */
function toolCall(example: string) {
  const [, first = '', rest = ''] = /^(\S+) ?(.*)$/.exec(example.replaceAll('OWN', ownBranch)) ?? [];
  if (first === 'api' || first === 'pr') return { tool: 'Bash', input: { command: `scripts/workflow/gh.sh ${first} ${rest}` } };
  const inputs: Record<string, unknown> = {
    Bash: { command: rest },
    Read: { file_path: rest },
    Write: { file_path: rest, content: 'x' },
    Grep: { pattern: 'x', path: rest },
    Glob: { pattern: rest },
    WebFetch: { url: rest },
    AskUserQuestion: { questions: [{ question: rest, options: [{ label: 'left' }, { label: 'right' }] }] },
  };
  return { tool: first, input: inputs[first] ?? {} };
}

/** Starting an agent is no tool call: the engine asks before there is an agent. */
const dispatch = (example: string): Action => ({
  kind: 'run.dispatch',
  resource: repository,
  arguments: { trigger: example.split(' ')[1] ?? '' },
  summary: 'start an agent',
});

describe('the guide', () => {
  const workspace = createWorkspace();
  afterAll(() => workspace.remove());
  const policy = createCedarEngine().then((engine) => createPolicy({ engines: [engine] }));

  it.each(rows)('says of $kind, $example, what the policy decides', async ({ kind, example, cells }) => {
    for (const [index, role] of (['planner', 'implementor', 'reviewer'] as const).entries()) {
      // HEAD and {branch} mean nothing to a run that never pushes, but the words of the example stay the same.
      const action = example?.startsWith('dispatch ')
        ? dispatch(example)
        : normalise(toolCall(example ?? ''), { view: workspace.view, repository, ownBranch });
      expect(action.kind).toBe(kind);
      const decision = await (await policy).decide(requestOf(role, action));
      expect(decision.outcome, `${role}: ${decision.code}: ${decision.reason}`).toBe(outcomes[cells[index] ?? '']);
    }
  });

  it('has a row for every kind of action, and a column for every role', () => {
    expect([...new Set(rows.map((row) => row.kind))].sort()).toEqual([...actionKinds].sort());
    expect(roles).toHaveLength(3);
  });

  it('names the protected paths that the floor protects', () => {
    const line = /`floor\.protected_path` \| (.*) \|/.exec(guide)?.[1] ?? '';
    const names = [...line.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').replace('*', 'ts').replace(/\/$/, '/x'));
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(isProtected(name), name).toBe(true);
  });

  it('shows an example that loads', async () => {
    const example = /```cedar\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    const engine = await createCedarEngine({ texts: [{ name: 'guide', text: example }] });
    const action = normalise(
      { tool: 'Write', input: { file_path: 'package.json', content: '{}' } },
      { view: workspace.view, repository, ownBranch },
    );
    expect(await engine.decide(requestOf('implementor', action))).toMatchObject({
      outcome: 'require_approval',
      determinedBy: ['guide/dependency-changes'],
    });
  });
});
