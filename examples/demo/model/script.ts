import type { Conversation, PastCall } from './conversation.ts';

/** A tool call that a role wants to make, and what it says while it does. */
export interface Wish {
  say: string;
  name: string;
  input: Record<string, unknown>;
}

export interface Outcome {
  text: string;
  ok: boolean;
  /** The reason, when the call was not allowed to run. */
  refused?: string;
}

/** How a session ends: the last message, and the same as data. */
export interface Ending {
  say: string;
  data: Record<string, unknown>;
}

/**
 * A role, written as the story of a session: it yields the calls it wants, those that do not wait for each other at once, and
 * is given their outcomes. It is run anew for every request over the calls that the history holds, and the first ones that
 * have no outcome yet are the answer. So it has no memory of its own, and the same request has the same answer.
 */
export type Script = Steps<Ending>;
export type Steps<T> = Generator<readonly Wish[], T, readonly Outcome[]>;

export type Reply = { wishes: readonly Wish[] } | { ending: Ending };

const unknown: Outcome = { text: '', ok: false };

/** One call, and its outcome. */
export function* ask(wish: Wish): Steps<Outcome> {
  const [outcome = unknown] = yield [wish];
  return outcome;
}

/** Several calls in one answer of the model, and their outcomes in the same order. */
export function* askAll(wishes: readonly Wish[]): Steps<readonly Outcome[]> {
  return wishes.length === 0 ? [] : yield wishes;
}

/** A call that is asked for once more whenever it is refused with "issue it again" would go round for ever. */
const maxRepeats = 5;
const issueAgain = /\bissue (it |this |the |exactly )*(same |this )*(call )?again\b/i;

export function replay(script: Script, { calls }: Pick<Conversation, 'calls'>): Reply {
  let next = script.next();
  const used = new Set<number>();
  let position = 0;
  while (!next.done) {
    const found = next.value.map((wish) => findOutcome(wish, { calls, position, used }));
    const missing = next.value.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) return { wishes: missing };
    position = Math.max(position - 1, ...used) + 1;
    next = script.next(found.map((outcome) => outcome ?? unknown));
  }
  return { ending: next.value };
}

function findOutcome(
  wish: Wish,
  { calls, position, used }: { calls: readonly PastCall[]; position: number; used: Set<number> },
): Outcome | undefined {
  let outcome: Outcome | undefined;
  for (let repeat = 0; repeat < maxRepeats; repeat += 1) {
    const found = calls.findIndex(
      (call, index) => index >= position && !used.has(index) && call.result !== undefined && isSame(call, wish),
    );
    if (found < 0) return undefined;
    used.add(found);
    outcome = readOutcome(calls[found]?.result ?? '');
    if (outcome.refused === undefined || !issueAgain.test(outcome.refused)) break;
  }
  return outcome;
}

function isSame(call: PastCall, wish: Wish): boolean {
  // The agent may add to an input (a default), never change what was asked for.
  return (
    call.name === wish.name &&
    Object.entries(wish.input).every(([key, value]) => key === 'description' || call.input[key] === value)
  );
}

function readOutcome(result: string): Outcome {
  const refused = /^PreToolUse:\S+ hook error:\s*([\s\S]*)$/.exec(result)?.[1]?.trim();
  if (refused !== undefined) return { text: result, ok: false, refused };
  return { text: result, ok: !/^(Exit code [1-9]|<tool_use_error>|Error: )/.test(result) };
}

/** The project has no dependencies, so its tests need no npm: starting that costs more than the tests themselves. */
export const runTests = 'node --test test/all.ts';

/** A Bash call of one simple command. */
export function bash(say: string, command: string): Wish {
  return { say, name: 'Bash', input: { command, description: say.replace(/\.$/, '') } };
}

/** `scripts/workflow/gh.sh api …`, each argument quoted where a shell would take it apart. */
export function api(say: string, ...args: string[]): Wish {
  return bash(say, ['scripts/workflow/gh.sh', 'api', ...args.map(quote)].join(' '));
}

/** Sets an issue's labels to the ones it has, with one status. */
export function setStatus(
  say: string,
  context: { repository: string; issue: { number: number; labels: string[] } },
  status: string,
): Wish {
  const kept = context.issue.labels.filter((label) => !label.startsWith('status:'));
  const labels = [...kept, status].flatMap((label) => ['-f', `labels[]=${label}`]);
  return api(say, '-X', 'PUT', `repos/${context.repository}/issues/${context.issue.number}/labels`, ...labels);
}

export function quote(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** What a file holds, from the numbered lines that Read gives; undefined when it could not be read. */
export function readFileText(outcome: Outcome): string | undefined {
  if (!outcome.ok || /^(File does not exist|Error)/.test(outcome.text)) return undefined;
  const lines: string[] = [];
  for (const line of outcome.text.split('\n')) {
    // The wire may have lost the tab of an empty last line.
    const match = /^\s*\d+(?:[→\t](.*))?$/.exec(line);
    if (!match) return undefined;
    lines.push(match[1] ?? '');
  }
  return lines.join('\n');
}
