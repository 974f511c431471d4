import type { ActionKind, PolicyRequest } from '@decree/contracts';
import { isOutside } from './paths.ts';

type CedarValue = string | number | boolean | CedarValue[] | { [key: string]: CedarValue };
export type CedarContext = Record<string, CedarValue>;

/** Programs whose long options begin with one dash, so that `-run` is one option and not four. */
const singleDash = new Set(['go', 'gofmt', 'find', 'java', 'javac', 'terraform', 'tsc', 'ffmpeg']);

/** The request in the schema's words (schema.cedarschema). */
export function cedarContext(request: PolicyRequest, approvals: 0 | 1): CedarContext {
  const { action, subject, context } = request;
  const run: CedarContext = {
    agentId: subject.agentId,
    attempt: context.attempt,
    branch: context.ownBranch ?? '',
    issue: context.issue ?? 0,
    repository: context.repositoryId,
    sandbox: context.sandbox,
    tainted: context.tainted,
  };
  return { approvals, run, ...details(action.kind, action.resource, action.arguments) };
}

function details(kind: ActionKind, resource: string, args: Record<string, unknown>): CedarContext {
  switch (kind) {
    case 'file.read':
    case 'file.search':
    case 'file.write':
      return { path: resource, inside: !isOutside(resource) };
    case 'command.run':
      return commandContext(words(args.argv), args.outside === undefined);
    case 'run.dispatch':
      return { trigger: text(args.trigger) };
    case 'git.push':
      return { refs: words(args.refs) };
    case 'network.fetch':
    case 'agent.spawn':
    case 'agent.internal':
    case 'agent.question':
    case 'unknown':
      return { target: resource };
    default:
      return {
        number: integer(args.issue ?? args.pull),
        fields: Object.keys(args).sort(),
        labels: words(args.labels),
        operation: text(args.operation),
        title: text(args.title),
        head: text(args.head),
        base: text(args.base),
        draft: args.draft === true,
        event: text(args.event),
        path: text(args.path),
        method: text(args.method),
      };
  }
}

/** What a policy can say of a command line: order is kept where it matters (program, first and second word), else sets. */
function commandContext(argv: readonly string[], inside: boolean): CedarContext {
  const program = argv[0] ?? '';
  const args = argv.slice(1);
  const flags = new Set<string>();
  const switches = new Set<string>();
  const plain: string[] = [];
  let optionsEnded = false;
  for (const arg of args) {
    if (optionsEnded || !arg.startsWith('-') || arg === '-') {
      plain.push(arg);
      continue;
    }
    if (arg === '--') optionsEnded = true;
    const name = arg.startsWith('--') && arg.includes('=') ? arg.slice(0, arg.indexOf('=')) : arg;
    flags.add(name);
    for (const part of takeApart(name, program)) switches.add(part);
  }
  const subcommand = args[0] !== undefined && plain[0] === args[0] ? args[0] : '';
  const rest = subcommand === '' ? plain : plain.slice(1);
  const second = subcommand !== '' && args[1] !== undefined && rest[0] === args[1] ? args[1] : '';
  return {
    program,
    subcommand,
    second,
    w1: args[0] ?? '',
    w2: args[1] ?? '',
    words: [...new Set(rest)],
    flags: [...flags],
    switches: [...switches],
    count: args.length,
    wordCount: rest.length,
    inside,
  };
}

/** `-am` → -a -m; `-n20` → -n; `-5` → -0. Anything else stays whole, so that it matches no list by accident. */
function takeApart(flag: string, program: string): string[] {
  if (flag.startsWith('--') || singleDash.has(program)) return [flag];
  if (/^-\d+$/.test(flag)) return ['-0'];
  const bundle = /^-([A-Za-z]+)\d*$/.exec(flag)?.[1];
  return bundle ? [...bundle].map((letter) => `-${letter}`) : [flag];
}

const words = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const integer = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);
