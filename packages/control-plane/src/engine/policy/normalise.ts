import type { Action, ActionKind } from '@decree/contracts';
import { clip } from '../clip.ts';
import { sha256 } from './action-hash.ts';
import { normaliseCommand } from './normalise-command.ts';
import { locate, type Surroundings, type WorkspaceView } from './paths.ts';

export interface ToolCall {
  tool: string;
  input: unknown;
  /** Where the agent's shell stands; the workspace's root when it is not said. */
  cwd?: string;
}

/**
 * An agent's tool call as an action. Never throws: what cannot be understood becomes an action with
 * `arguments.problem`, which the floor refuses in these words.
 */
export function normalise(call: ToolCall, surroundings: Surroundings): Action {
  const reader = readers[call.tool];
  const input = call.input;
  try {
    if (!Object.hasOwn(readers, call.tool) || !reader)
      return faulty(
        'unknown',
        call.tool,
        `the tool ${clip(call.tool, 100)} is not known to the policy; use Read, Write, Edit, Grep, Glob or Bash`,
      );
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      throw new Error(`expected an object as the input of ${call.tool}, got ${input === null ? 'null' : typeof input}`);
    return reader({ tool: call.tool, input: input as Input, cwd: call.cwd ?? surroundings.view.root }, surroundings);
  } catch (error) {
    return faulty(kindOf[call.tool] ?? 'unknown', call.tool, error instanceof Error ? error.message : String(error));
  }
}

type Input = Record<string, unknown>;
interface Known {
  tool: string;
  input: Input;
  cwd: string;
}
type Reader = (call: Known, surroundings: Surroundings) => Action;

const internal: Reader = ({ tool }) => ({
  kind: 'agent.internal',
  resource: tool,
  arguments: {},
  summary: `${tool} (inside the agent)`,
});
const readPath =
  (key: string): Reader =>
  ({ input, cwd }, { view }) => {
    const { path } = locate(view, cwd, text(input, key));
    return { kind: 'file.read', resource: path, arguments: {}, summary: clip(`read ${path}`, 500) };
  };
const fetch =
  (key: string): Reader =>
  ({ tool, input }) => ({
    kind: 'network.fetch',
    resource: clip(text(input, key), 4096),
    arguments: { tool },
    summary: clip(`${tool} ${text(input, key)}`, 500),
  });
const spawn: Reader = ({ input }) => ({
  kind: 'agent.spawn',
  resource: clip(optional(input, 'subagent_type') ?? 'general-purpose', 4096),
  arguments: { prompt: digest(optional(input, 'prompt') ?? '') },
  summary: clip(`start a sub-agent: ${optional(input, 'description') ?? ''}`, 500),
});

/** What is asked is bound by its whole text: an answer is to these words and no others. */
const question: Reader = ({ input }) => {
  const list = input.questions;
  if (!Array.isArray(list) || list.length === 0 || list.length > 10) throw new Error('expected questions, a list of 1 to 10');
  const questions = list.map((item: unknown) => {
    const one = entry(item, 'a question');
    const options = Array.isArray(one.options) ? one.options.slice(0, 20) : [];
    return {
      question: text(one, 'question').slice(0, 4000),
      header: (optional(one, 'header') ?? '').slice(0, 100),
      options: options.map((option: unknown) => {
        const offered = entry(option, 'an option');
        return {
          label: text(offered, 'label').slice(0, 500),
          description: (optional(offered, 'description') ?? '').slice(0, 2000),
        };
      }),
      multiSelect: one.multiSelect === true,
    };
  });
  return {
    kind: 'agent.question',
    resource: 'person',
    arguments: { questions },
    summary: clip(`asks: ${questions[0]?.question ?? ''}`, 500),
  };
};

/** Claude Code's tools. A tool that is not here is unknown, and denied. */
const readers: Record<string, Reader> = {
  Bash: ({ input, cwd }, surroundings) => {
    if (input.run_in_background === true)
      throw new Error('background commands are not allowed; run the command in the foreground');
    if (input.dangerouslyDisableSandbox === true)
      throw new Error('a command cannot leave the sandbox; leave dangerouslyDisableSandbox out');
    return normaliseCommand(text(input, 'command'), cwd, surroundings);
  },
  Read: readPath('file_path'),
  NotebookRead: readPath('notebook_path'),
  LS: ({ input, cwd }, { view }) => search('LS', locate(view, cwd, optional(input, 'path') ?? '.').path, {}),
  Grep: ({ input, cwd }, { view }) =>
    search('Grep', locate(view, cwd, optional(input, 'path') ?? '.').path, {
      pattern: text(input, 'pattern'),
      glob: optional(input, 'glob'),
    }),
  Glob: ({ input, cwd }, { view }) => {
    const pattern = text(input, 'pattern');
    if (pattern.split(/[\\/{},]/).includes('..')) throw new Error(`expected a pattern without .., got ${clip(pattern, 200)}`);
    const base = locate(view, cwd, optional(input, 'path') ?? '.').path;
    // The stretch before the first wildcard says where the search begins; an absolute pattern ignores `path`.
    const fixed = pattern.slice(0, pattern.search(/[*?[{(!]|$/)).replace(/[^/]*$/, '');
    const start = fixed === '' ? base : locate(view, fixed.startsWith('/') ? '/' : toAbsolute(view, base), fixed).path;
    return search('Glob', start, { pattern });
  },
  Write: ({ input, cwd }, { view }) =>
    write(locate(view, cwd, text(input, 'file_path')).path, { operation: 'write', content: digest(text(input, 'content')) }),
  Edit: ({ input, cwd }, { view }) =>
    write(locate(view, cwd, text(input, 'file_path')).path, { operation: 'edit', edits: [edit(input)] }),
  MultiEdit: ({ input, cwd }, { view }) => {
    if (!Array.isArray(input.edits)) throw new Error('expected a list of edits');
    return write(locate(view, cwd, text(input, 'file_path')).path, {
      operation: 'edit',
      edits: input.edits.map((item: unknown) => edit(item as Input)),
    });
  },
  NotebookEdit: ({ input, cwd }, { view }) =>
    write(locate(view, cwd, text(input, 'notebook_path')).path, {
      operation: `notebook.${optional(input, 'edit_mode') ?? 'replace'}`,
      cell: optional(input, 'cell_id'),
      content: digest(optional(input, 'new_source') ?? ''),
    }),
  WebFetch: fetch('url'),
  WebSearch: fetch('query'),
  Task: spawn,
  Agent: spawn,
  AskUserQuestion: question,
  ...Object.fromEntries(
    [
      ...['TodoWrite', 'TodoRead', 'TaskCreate', 'TaskUpdate', 'TaskList', 'TaskGet', 'TaskOutput', 'TaskStop', 'ToolSearch'],
      ...['ExitPlanMode', 'EnterPlanMode', 'StructuredOutput', 'BashOutput', 'KillShell', 'KillBash'],
    ].map((tool) => [tool, internal]),
  ),
};

/** The kind of a call that could not be read, so that the refusal is counted where it belongs. */
const kindOf: Record<string, ActionKind> = {
  ...{
    Bash: 'command.run',
    Read: 'file.read',
    NotebookRead: 'file.read',
    LS: 'file.search',
    Grep: 'file.search',
    Glob: 'file.search',
  },
  ...{ Write: 'file.write', Edit: 'file.write', MultiEdit: 'file.write', NotebookEdit: 'file.write', WebFetch: 'network.fetch' },
  AskUserQuestion: 'agent.question',
};

function faulty(kind: ActionKind, resource: string, problem: string): Action {
  return {
    kind,
    resource: clip(resource, 4096),
    arguments: { problem: clip(problem, 1000) },
    summary: clip(`${resource}: ${problem}`, 500),
  };
}

function search(tool: string, path: string, input: Record<string, string | undefined>): Action {
  const args: Record<string, unknown> = { tool };
  for (const [key, value] of Object.entries(input))
    if (value !== undefined) args[key] = value.length > 1000 ? digest(value) : value;
  return {
    kind: 'file.search',
    resource: path,
    arguments: args,
    summary: clip(`${tool} in ${path}${input.pattern ? `: ${input.pattern}` : ''}`, 500),
  };
}

function write(path: string, args: Record<string, unknown>): Action {
  if (path.length > 4096) throw new Error('the path is longer than 4096 characters');
  return { kind: 'file.write', resource: path, arguments: args, summary: clip(`${args.operation} ${path}`, 500) };
}

function edit(input: Input): Record<string, unknown> {
  return { old: digest(text(input, 'old_string')), new: digest(text(input, 'new_string')), all: input.replace_all === true };
}

/** Contents never enter an event; their digest binds an approval to them. */
const digest = (content: string) => ({ sha256: sha256(content), bytes: Buffer.byteLength(content) });

function text(input: Input, key: string): string {
  const value = input?.[key];
  if (typeof value !== 'string') throw new Error(`expected the text ${key}, got ${value === null ? 'null' : typeof value}`);
  return value;
}
function entry(value: unknown, what: string): Input {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input;
  throw new Error(`expected ${what} as an object, got ${value === null ? 'null' : typeof value}`);
}
const optional = (input: Input, key: string): string | undefined =>
  input[key] === undefined || input[key] === null ? undefined : text(input, key);
const toAbsolute = (view: WorkspaceView, path: string): string => (path.startsWith('/') ? path : `${view.root}/${path}`);
