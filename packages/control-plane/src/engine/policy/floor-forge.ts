import { labelDefinitions, type PolicyRequest, type Role } from '@decree/contracts';
import type { Refusal } from './floor.ts';

type Args = Record<string, unknown>;

/**
 * What no agent does on the forge, whatever a policy says: leave its repository, merge, send what is not understood,
 * review its own work, or set a status that is not its role's to set (docs/guide/policy.md).
 */
export function forgeFloor({ subject, action, context }: PolicyRequest): Refusal | undefined {
  const { role } = subject;
  const args = action.arguments;
  const repository = action.resource.split('#')[0];
  if (repository !== context.repositoryId && !(action.kind === 'forge.other' && isOwnPath(args.path, context.repositoryId)))
    return refuse(
      'other_repository',
      `only ${context.repositoryId} may be used, got ${action.resource}; write repos/{owner}/{repo}/…`,
    );
  if (args.unknown !== undefined)
    return refuse(
      'unknown_field',
      `the fields ${Object.keys(args.unknown as Args).join(', ')} are not known for ${action.kind}; leave them out`,
    );
  switch (action.kind) {
    case 'forge.pull.merge':
      return refuse('merge', 'agents do not merge; a person does');
    case 'forge.pull.create':
      return pullRefusal(role, args, context.ownBranch);
    case 'forge.pull.update':
      return args.state !== undefined || args.base !== undefined
        ? refuse('pull_state', 'agents do not close a pull request or change its base; a person does')
        : undefined;
    case 'forge.review.create':
      return role === 'reviewer' ? undefined : refuse('role', `a ${role} does not review`);
    case 'forge.issue.create':
      return issueRefusal(role, args);
    case 'forge.issue.update':
      return updateRefusal(role, args);
    case 'forge.issue.close':
      return role === 'planner' ? undefined : refuse('role', `a ${role} does not close issues`);
    case 'forge.label.set':
      return labelRefusal(role, args, context.issue);
    default:
      return undefined;
  }
}

function pullRefusal(role: Role, args: Args, ownBranch: string | null): Refusal | undefined {
  if (role !== 'implementor') return refuse('role', `a ${role} does not open pull requests`);
  if (ownBranch === null || args.head !== ownBranch)
    return refuse(
      'pull_head',
      `expected head ${ownBranch ?? 'of the run'}, got ${JSON.stringify(args.head ?? null)}: a pull request comes from the run's own branch`,
    );
  return undefined;
}

function issueRefusal(role: Role, args: Args): Refusal | undefined {
  if (role !== 'planner') return refuse('role', `a ${role} does not create issues; report it in your result`);
  if (args.assignees !== undefined || args.assignee !== undefined)
    return refuse('assignment', 'a planner does not assign tasks; leave assignees out');
  if (args.state !== undefined) return refuse('labels', 'a new issue is open; leave state out');
  const labels = labelsOf(args);
  if (labels === undefined) return refuse('labels', 'expected a list of label names');
  const wrong = labels.filter((label) => !known.has(label));
  if (wrong.length > 0) return refuse('labels', `the labels ${wrong.join(', ')} are not of the workflow; leave them out`);
  if (count(labels, 'task:') !== 1)
    return refuse('labels', `expected exactly one of task:implement and task:refinement, got ${labels.join(', ') || 'none'}`);
  if (count(labels, 'status:') !== 1 || !labels.includes('status:pending'))
    return refuse('labels', 'a new task has the status status:pending and no other');
  if (count(labels, 'priority:') > 1 || count(labels, 'complexity:') > 1)
    return refuse('labels', 'expected at most one priority and one complexity');
  return undefined;
}

function updateRefusal(role: Role, args: Args): Refusal | undefined {
  if (role !== 'planner') return refuse('role', `a ${role} does not edit issues; comment instead`);
  if (args.assignees !== undefined || args.assignee !== undefined)
    return refuse('assignment', 'a planner does not assign tasks; leave assignees out');
  if (args.labels !== undefined) return refuse('labels', 'change labels by themselves: POST or DELETE …/issues/N/labels');
  if (args.state !== undefined) return refuse('labels', 'close an issue by itself: PATCH with state and state_reason only');
  return undefined;
}

/** The statuses that a role gives, and those that it takes away when it does. */
const statuses: Record<Role, { gives: readonly string[]; takes: readonly string[] }> = {
  planner: { gives: [], takes: [] },
  implementor: {
    gives: ['in-progress', 'blocked', 'needs-refinement'],
    takes: ['pending', 'unblocked', 'needs-changes', 'in-progress', 'blocked', 'needs-refinement'],
  },
  reviewer: { gives: ['approved', 'needs-changes'], takes: ['review', 'approved', 'needs-changes'] },
};

function labelRefusal(role: Role, args: Args, issue: number | null): Refusal | undefined {
  const labels = labelsOf(args);
  if (labels === undefined || labels.length === 0 || args.operation === 'clear')
    return refuse('labels', 'expected the names of labels to add or remove; a task always has its labels');
  const wrong = labels.filter((label) => !known.has(label));
  if (wrong.length > 0) return refuse('labels', `the labels ${wrong.join(', ')} are not of the workflow`);
  if (role !== 'planner' && (issue === null || args.issue !== issue))
    return refuse('other_issue', `a ${role} labels only its own issue${issue === null ? '' : ` #${issue}`}, got #${args.issue}`);
  const status = labels.filter((label) => label.startsWith('status:'));
  const others = labels.filter((label) => !label.startsWith('status:'));
  if (args.operation === 'set') {
    if (role === 'planner') return refuse('labels', 'a planner does not replace all labels: add or remove single ones');
    // All four categories are replaced together: the list must be a whole task again, whose status is the role's to give.
    if (status.length !== 1 || count(labels, 'task:') !== 1 || count(labels, 'priority:') > 1 || count(labels, 'complexity:') > 1)
      return refuse(
        'labels',
        'a replaced list needs exactly one task: and one status: label, and at most one priority and complexity',
      );
  } else if (others.length > 0 && role !== 'planner') {
    return refuse('labels', `a ${role} changes only the status, got ${others.join(', ')}`);
  }
  const permitted = args.operation === 'remove' ? statuses[role].takes : statuses[role].gives;
  const forbidden = status.filter((label) => !permitted.includes(label.slice('status:'.length)));
  if (forbidden.length > 0)
    return refuse(
      'status',
      `a ${role} does not ${args.operation === 'remove' ? 'remove' : 'set'} ${forbidden.join(', ')}; it may ${permitted.map((name) => `status:${name}`).join(', ') || 'not touch the status'}`,
    );
  return undefined;
}

const known: ReadonlySet<string> = new Set(labelDefinitions.map((label) => label.name));
const count = (labels: readonly string[], prefix: string): number => labels.filter((label) => label.startsWith(prefix)).length;

/** Names as given: GitHub compares them without case, so another spelling of a known label is not known here, and refused. */
function labelsOf(args: Args): string[] | undefined {
  const labels = args.labels ?? [];
  return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : undefined;
}

const isOwnPath = (path: unknown, repository: string): boolean =>
  typeof path === 'string' && path.toLowerCase().startsWith(`repos/${repository.toLowerCase()}/`);
const refuse = (code: string, reason: string): Refusal => ({ code: `floor.${code}`, reason });
