import type { PolicyRequest } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import {
  createCedarEngine,
  createPolicy,
  type EngineVerdict,
  forgeAction,
  type PolicyEngine,
} from '../../src/engine/policy/index.ts';
import { ownBranch, repository, requestOf } from './fixtures.ts';

const engineOf = (text: string, replaceDefault = true) => createCedarEngine({ texts: [{ name: 'repo', text }], replaceDefault });
const read: PolicyRequest['action'] = { kind: 'file.read', resource: 'src/a.ts', arguments: {}, summary: 'read src/a.ts' };
const pull = forgeAction(
  { method: 'POST', path: `repos/${repository}/pulls`, body: { title: 'T', head: ownBranch, base: 'main' } },
  repository,
);
const approvable =
  '@id("ask") @outcome("require_approval") @reason("ask a person") forbid (principal, action, resource) unless { context.approvals >= 1 };';

describe('Cedar', () => {
  it('denies what no policy permits, and says so', async () => {
    const engine = await engineOf('@id("plan") permit (principal == Role::"planner", action, resource);');
    expect(await engine.decide(requestOf('planner', read))).toMatchObject({ outcome: 'allow', determinedBy: ['repo/plan'] });
    expect(await engine.decide(requestOf('reviewer', read))).toMatchObject({ outcome: 'deny', code: 'cedar.no_permit' });
  });

  it('asks for an approval only where one would help', async () => {
    const permit = 'permit (principal == Role::"planner", action, resource);';
    const engine = await engineOf(`${permit} ${approvable}`);
    expect(await engine.decide(requestOf('planner', read))).toMatchObject({
      outcome: 'require_approval',
      reason: 'ask a person',
      determinedBy: ['repo/ask'],
    });
    // Nothing permits a reviewer: without the second pass this would look approvable.
    expect(await engine.decide(requestOf('reviewer', read))).toMatchObject({ outcome: 'deny', code: 'cedar.forbid' });
    const hard = await engineOf(`${permit} ${approvable} @id("never") forbid (principal, action, resource);`);
    expect(await hard.decide(requestOf('planner', read))).toMatchObject({
      outcome: 'deny',
      determinedBy: ['repo/ask', 'repo/never'],
    });
  });

  it('denies when a policy errors, although Cedar would skip a forbid that does', async () => {
    const engine = await engineOf(
      'permit (principal, action, resource); forbid (principal, action == Action::"file.read", resource) when { context.run.attempt * 9223372036854775807 > 0 };',
    );
    expect(await engine.decide(requestOf('planner', read, { attempt: 2 }))).toMatchObject({
      outcome: 'deny',
      code: 'cedar.error',
    });
  });

  it('denies a request that does not fit the schema', async () => {
    const engine = await engineOf('permit (principal, action, resource);');
    const request = requestOf('planner', read);
    const odd = { ...request, subject: { ...request.subject, role: 'operator' } } as unknown as PolicyRequest;
    expect(await engine.decide(odd)).toMatchObject({ outcome: 'deny', code: 'cedar.error' });
  });

  it.each([
    ['permit (', 'expected Cedar policies in repo'],
    ['permit (principal == ?principal, action, resource);', 'no template'],
    ['permit (principal, action == Action::"file.red", resource);', 'do not fit the schema'],
    ['permit (principal, action, resource) when { context.pth == "x" };', 'do not fit the schema'],
    ['permit (principal == Role::"operator", action, resource);', 'do not fit the schema'],
    ['permit (principal, action == Action::"file.read", resource) when { context.path > 3 };', 'do not fit the schema'],
    ['@outcome("require_approval") permit (principal, action, resource);', 'belongs on a forbid'],
    ['@outcome("ask") forbid (principal, action, resource);', 'expected @outcome'],
    ['@outcome("require_approval") forbid (principal, action, resource);', 'context.approvals >= 1'],
    ['@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);', 'used twice'],
  ])('refuses to load %s', async (text, message) => {
    await expect(engineOf(text)).rejects.toThrow(message);
  });

  it("a repository's texts add to the default policy, and change the digest", async () => {
    const standard = await createCedarEngine();
    const extended = await engineOf(
      '@id("no-pulls") @reason("not here") forbid (principal, action == Action::"forge.pull.create", resource);',
      false,
    );
    expect(await standard.decide(requestOf('implementor', pull))).toMatchObject({ outcome: 'require_approval' });
    expect(await extended.decide(requestOf('implementor', pull))).toMatchObject({
      outcome: 'deny',
      determinedBy: ['default/pull-request-needs-approval', 'repo/no-pulls'],
    });
    expect(extended.digest).not.toBe(standard.digest);
    expect((await createCedarEngine()).digest).toBe(standard.digest);
  });
});

describe('the decision point', () => {
  const fake = (name: string, verdict: Partial<EngineVerdict> | Error): PolicyEngine => ({
    name,
    digest: '0'.repeat(64),
    decide() {
      if (verdict instanceof Error) throw verdict;
      return { outcome: 'allow', code: `${name}.said`, reason: name, determinedBy: [name], ...verdict };
    },
  });
  const [allow, ask, deny] = [fake('a', {}), fake('b', { outcome: 'require_approval' }), fake('c', { outcome: 'deny' })];

  it('takes the strictest answer, whatever the order of the engines', async () => {
    for (const [engines, outcome] of [
      [[allow], 'allow'],
      [[allow, ask], 'require_approval'],
      [[ask, allow], 'require_approval'],
      [[deny, ask, allow], 'deny'],
      [[allow, ask, deny], 'deny'],
    ] as const)
      expect(await createPolicy({ engines }).decide(requestOf('planner', read))).toMatchObject({ outcome });
  });

  it('denies without an engine, when one throws, and when one answers nonsense', async () => {
    expect(await createPolicy({ engines: [] }).decide(requestOf('planner', read))).toMatchObject({
      outcome: 'deny',
      code: 'floor.no_engine',
    });
    const broken = await createPolicy({ engines: [allow, fake('x', new Error('server down'))] }).decide(
      requestOf('planner', read),
    );
    expect(broken).toMatchObject({ outcome: 'deny', code: 'x.failed', reason: expect.stringContaining('server down') });
    const odd = fake('y', { outcome: 'maybe' as 'allow' });
    expect(await createPolicy({ engines: [odd] }).decide(requestOf('planner', read))).toMatchObject({
      outcome: 'deny',
      code: 'y.failed',
    });
  });

  it('asks no engine once the floor has refused, and no engine opens the floor', async () => {
    let asked = 0;
    const counting: PolicyEngine = {
      ...allow,
      decide(request) {
        asked += 1;
        return allow.decide(request);
      },
    };
    const policy = createPolicy({ engines: [counting, await engineOf('permit (principal, action, resource);')] });
    const write = (resource: string): PolicyRequest['action'] => ({
      kind: 'file.write',
      resource,
      arguments: {},
      summary: 'write',
    });
    const command = (argv: string[] | undefined): PolicyRequest['action'] => ({
      kind: 'command.run',
      resource: 'x',
      arguments: { ...(argv && { argv }), cwd: '.' },
      summary: 'run',
    });
    const merge = forgeAction({ method: 'PUT', path: `repos/${repository}/pulls/9/merge` }, repository);
    const push: PolicyRequest['action'] = {
      kind: 'git.push',
      resource: 'main',
      arguments: { refs: ['refs/heads/main'], force: false, delete: false },
      summary: 'push main',
    };
    for (const action of [
      write('.git/config'),
      write('/etc/x'),
      command(undefined),
      command(['bash', '-c', 'ls']),
      command(['git', '-c', 'a=b', 'log']),
      merge,
      push,
      { ...read, kind: 'unknown' as const },
      { ...read, arguments: { problem: 'x' } },
    ])
      expect(await policy.decide(requestOf('implementor', action))).toMatchObject({ outcome: 'deny', engine: 'floor' });
    for (const role of ['planner', 'reviewer'] as const)
      expect(await policy.decide(requestOf(role, write('src/a.ts')))).toMatchObject({
        outcome: 'deny',
        engine: 'floor',
        code: 'floor.role',
      });
    expect(asked).toBe(0);
    expect(await policy.decide(requestOf('implementor', command(['rm', 'x'])))).toMatchObject({ outcome: 'allow' });
    expect(asked).toBe(1);
  });
});
