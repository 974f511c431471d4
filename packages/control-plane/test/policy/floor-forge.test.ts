import type { Role } from '@decree/contracts';
import { describe, expect, it } from 'vitest';
import { floor, forgeAction } from '../../src/engine/policy/index.ts';
import { ownBranch, repository, requestOf } from './fixtures.ts';

const own = `repos/${repository}`;
const refusal = (role: Role, method: string, path: string, body?: unknown) =>
  floor(requestOf(role, forgeAction({ method, path, body }, repository)))?.code;

describe('labels', () => {
  const task = ['task:implement', 'status:pending', 'priority:high', 'complexity:simple'];
  it.each([
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: task }],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: ['task:refinement', 'status:pending'] }],
    ['planner', 'POST', `${own}/issues/3/labels`, { labels: ['priority:low'] }],
    ['planner', 'DELETE', `${own}/issues/3/labels/priority:high`],
    ['planner', 'PATCH', `${own}/issues/3`, { title: 'T', body: 'B' }],
    ['planner', 'PATCH', `${own}/issues/3`, { state: 'closed', state_reason: 'not_planned' }],
    ['implementor', 'POST', `${own}/issues/7/labels`, { labels: ['status:in-progress'] }],
    ['implementor', 'POST', `${own}/issues/7/labels`, ['status:blocked']],
    ['implementor', 'DELETE', `${own}/issues/7/labels/status:pending`],
    ['implementor', 'PUT', `${own}/issues/7/labels`, { labels: ['task:implement', 'status:needs-refinement', 'priority:high'] }],
    ['implementor', 'PATCH', `${own}/issues/7`, { labels: ['task:implement', 'status:in-progress'] }],
    ['reviewer', 'POST', `${own}/issues/7/labels`, { labels: ['status:approved'] }],
    ['reviewer', 'DELETE', `${own}/issues/7/labels/status:review`],
    ['reviewer', 'POST', `${own}/pulls/9/reviews`, { event: 'COMMENT', body: 'x' }],
    ['implementor', 'POST', `${own}/pulls`, { title: 'T', head: ownBranch, base: 'main' }],
    ['implementor', 'POST', `${own}/issues/7/comments`, { body: 'x' }],
    ['reviewer', 'GET', `${own}/pulls/9/files?per_page=100`],
  ] as [Role, string, string, unknown?][])('the floor lets a %s %s %s %j', (role, method, path, body) => {
    expect(refusal(role, method, path, body)).toBeUndefined();
  });

  it.each([
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: ['task:implement', 'status:approved'] }, 'labels'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: ['task:implement', 'status:pending', 'status:review'] }, 'labels'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: ['status:pending'] }, 'labels'],
    [
      'planner',
      'POST',
      `${own}/issues`,
      { title: 'T', labels: ['task:implement', 'task:refinement', 'status:pending'] },
      'labels',
    ],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: [...task, 'wontfix'] }, 'labels'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: [...task, 'priority:low'] }, 'labels'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: [...task, 'Status:Approved'] }, 'labels'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: 'task:implement' }, 'labels'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: task, assignees: ['me'] }, 'assignment'],
    ['planner', 'POST', `${own}/issues`, { title: 'T', labels: task, surprise: 1 }, 'unknown_field'],
    ['planner', 'PATCH', `${own}/issues/3`, { title: 'T', labels: task }, 'labels'],
    ['planner', 'PATCH', `${own}/issues/3`, { assignee: 'me' }, 'assignment'],
    ['planner', 'POST', `${own}/issues/3/labels`, { labels: ['status:approved'] }, 'status'],
    ['planner', 'PUT', `${own}/issues/3/labels`, { labels: task }, 'labels'],
    ['planner', 'POST', `${own}/pulls`, { title: 'T', head: 'x', base: 'main' }, 'role'],
    ['implementor', 'POST', `${own}/issues/8/labels`, { labels: ['status:blocked'] }, 'other_issue'],
    ['implementor', 'POST', `${own}/issues/7/labels`, { labels: ['status:approved'] }, 'status'],
    ['implementor', 'POST', `${own}/issues/7/labels`, { labels: ['status:review'] }, 'status'],
    ['implementor', 'POST', `${own}/issues/7/labels`, { labels: ['priority:high'] }, 'labels'],
    ['implementor', 'PUT', `${own}/issues/7/labels`, { labels: ['status:in-progress'] }, 'labels'],
    ['implementor', 'PUT', `${own}/issues/7/labels`, { labels: ['task:implement', 'status:approved'] }, 'status'],
    ['implementor', 'DELETE', `${own}/issues/7/labels`, undefined, 'labels'],
    ['implementor', 'DELETE', `${own}/issues/7/labels/status:review`, undefined, 'status'],
    ['implementor', 'PATCH', `${own}/issues/7`, { state: 'closed' }, 'role'],
    ['implementor', 'PATCH', `${own}/issues/7`, { title: 'x', labels: ['status:approved'] }, 'role'],
    ['implementor', 'POST', `${own}/issues`, { title: 'T', labels: task }, 'role'],
    ['implementor', 'POST', `${own}/pulls`, { title: 'T', head: 'main', base: 'main' }, 'pull_head'],
    ['implementor', 'POST', `${own}/pulls`, { title: 'T', head: `evil:${ownBranch}`, base: 'main' }, 'pull_head'],
    ['implementor', 'PATCH', `${own}/pulls/9`, { state: 'closed' }, 'pull_state'],
    ['implementor', 'PATCH', `${own}/pulls/9`, { base: 'other' }, 'pull_state'],
    ['implementor', 'POST', `${own}/pulls/9/reviews`, { event: 'APPROVE' }, 'role'],
    ['reviewer', 'POST', `${own}/issues/7/labels`, { labels: ['status:in-progress'] }, 'status'],
    ['reviewer', 'POST', `${own}/issues/8/labels`, { labels: ['status:approved'] }, 'other_issue'],
    ['reviewer', 'PUT', `${own}/pulls/9/merge`, {}, 'merge'],
    ['implementor', 'POST', `${own}/merges`, { base: 'main', head: ownBranch }, 'merge'],
    ['planner', 'GET', 'repos/other/project/issues', undefined, 'other_repository'],
    ['planner', 'GET', 'user', undefined, 'other_repository'],
    ['planner', 'POST', 'repos/other/project/issues', { title: 'T', labels: task }, 'other_repository'],
    ['planner', 'POST', 'graphql', { query: 'mutation{}' }, 'other_repository'],
    ['planner', 'POST', `${own}/issues?x=1`, { title: 'T' }, 'malformed'],
    ['planner', 'POST', `${own}/issues`, 'text', 'malformed'],
    ['planner', 'POST', `${own}/../other/issues`, {}, 'malformed'],
  ] as [Role, string, string, unknown, string][])('a %s may not %s %s %j: %s', (role, method, path, body, code) => {
    expect(refusal(role, method, path, body)).toBe(`floor.${code}`);
  });
});
