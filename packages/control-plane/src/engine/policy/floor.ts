import { type Action, outsideKinds, type PolicyRequest } from '@decree/contracts';
import { carriesCommand } from './carriers.ts';
import { forgeFloor } from './floor-forge.ts';
import { isOutside, isProtected, isSecret } from './paths.ts';

export interface Refusal {
  /** `floor.…` */
  code: string;
  /** For the agent: why, and what to do instead. */
  reason: string;
}

/** Part of the policy digest: raise it when a rule here changes its meaning. */
export const floorVersion = 'floor/1';

/**
 * The denials that stand under every policy. An engine may deny more; none may allow what is refused here. The rules
 * read the action alone, so gate, dry run and what-if say the same.
 */
export function floor(request: PolicyRequest): Refusal | undefined {
  const { action } = request;
  if (action.kind === 'unknown')
    return refuse('unknown_tool', problemOf(action) ?? `${action.resource} is not known to the policy`);
  const problem = problemOf(action);
  if (problem !== undefined) return refuse('malformed', problem);
  switch (action.kind) {
    case 'file.read':
    case 'file.search':
      return secretRefusal(action.resource);
    case 'file.write':
      return writeRefusal(request);
    case 'command.run':
      return commandRefusal(action);
    case 'git.push':
      return pushRefusal(request);
    default:
      return action.kind === 'forge.read' || outsideKinds.includes(action.kind) ? forgeFloor(request) : undefined;
  }
}

function writeRefusal({ subject, action }: PolicyRequest): Refusal | undefined {
  if (subject.role !== 'implementor')
    return refuse('role', `a ${subject.role} does not change files; say what should change instead`);
  if (isOutside(action.resource))
    return refuse('outside_workspace', `${action.resource} lies outside the workspace; write inside it`);
  if (action.resource === '.') return refuse('malformed', 'expected a file, got the workspace itself');
  if (isProtected(action.resource))
    return refuse(
      'protected_path',
      `${action.resource} steers git, the agents or the control plane; a person changes it, so leave it and say what it needs`,
    );
  return secretRefusal(action.resource);
}

function commandRefusal(action: Action): Refusal | undefined {
  const { argv, cwd } = action.arguments;
  if (!isWords(argv)) {
    const because = typeof action.arguments.because === 'string' ? action.arguments.because : 'it is not one literal command';
    const code = action.arguments.verdict === 'compound' ? 'compound_command' : 'opaque_command';
    return refuse(code, `${because}: ${adviceFor(because)}`);
  }
  const carried = carriesCommand(argv);
  if (carried) return refuse('opaque_command', `${carried}; run the program itself, one simple command per call`);
  if (typeof cwd !== 'string' || isOutside(cwd))
    return refuse('outside_workspace', 'the shell stands outside the workspace; cd back into it');
  const guarded = action.arguments.protected;
  if (isWords(guarded))
    return refuse('protected_path', `${guarded.join(', ')} steers git, the agents or the control plane; leave it alone`);
  const secret = action.arguments.secret;
  if (isWords(secret)) return refuse('secret_path', `${secret.join(', ')} may hold secrets; work without it`);
  return undefined;
}

/** One sentence that gets the agent on its way again. */
function adviceFor(because: string): string {
  if (because.includes('substitution') || because.includes('expansion'))
    return 'nothing may be expanded; write the value out and put text with ` or $ into single quotes, or into a file with the Write tool';
  if (because.startsWith('redirect'))
    return 'write files with the Write tool, and pass long texts as a file of the workspace (-F body=@FILE, --input FILE)';
  if (because.includes('glob'))
    return 'put the word into single quotes, name the files one by one, or search with the Glob and Grep tools';
  if (because.includes('comment')) return 'leave the comment out';
  return 'run one simple command per call: one program with literal arguments, no operator, pipe, redirect or variable';
}

function pushRefusal({ subject, action, context }: PolicyRequest): Refusal | undefined {
  if (subject.role !== 'implementor') return refuse('role', `a ${subject.role} does not push`);
  if (action.arguments.force === true) return refuse('push_force', 'a push is never forced; commit on top of what is there');
  if (action.arguments.delete === true) return refuse('push_delete', 'a branch is never deleted by a push');
  const { refs } = action.arguments;
  const own = context.ownBranch === null ? undefined : `refs/heads/${context.ownBranch}`;
  if (!isWords(refs) || own === undefined || refs.some((ref) => ref !== own))
    return refuse(
      'push_ref',
      `only ${own ?? 'the branch of the run'} may be pushed, got ${isWords(refs) ? refs.join(', ') : 'nothing'}; use: git push -u origin ${context.ownBranch ?? 'BRANCH'}`,
    );
  return undefined;
}

function secretRefusal(path: string): Refusal | undefined {
  return isSecret(path)
    ? refuse('secret_path', `${path} may hold secrets or belongs to git or the machine; work without it`)
    : undefined;
}

/** Set by the normaliser alone: forge bodies live under named fields, never at this one. */
const problemOf = (action: Action): string | undefined =>
  typeof action.arguments.problem === 'string' ? action.arguments.problem : undefined;
const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string');
const refuse = (code: string, reason: string): Refusal => ({ code: `floor.${code}`, reason });
