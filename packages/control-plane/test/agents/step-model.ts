import { type ChatCompletionRequest, type FixtureResponse, LLMock } from '@copilotkit/aimock';

/**
 * A model on loopback whose agent does what the steps in its prompt say, one a line, as the reference adapters do:
 *   say TEXT, use IN OUT, run COMMAND; and besides: both A && B (two calls at once), agent TEXT (a sub-agent, its steps
 *   separated by " then "), ask QUESTION, fail STATUS.
 * Each answer is a function of the history, so that a resume does not shift it.
 */
export interface StepModel {
  url: string;
  requests: ChatCompletionRequest[];
  stop(): Promise<void>;
}

export async function startStepModel(): Promise<StepModel> {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent', journalMaxEntries: 10 });
  const requests: ChatCompletionRequest[] = [];
  mock.addFixture({
    match: { predicate: () => true },
    response: (request) => {
      requests.push(request);
      return answer(request);
    },
  });
  await mock.start();
  return { url: mock.url, requests, stop: () => mock.stop() };
}

interface Call {
  name: string;
  input: Record<string, unknown>;
}

function answer(request: ChatCompletionRequest): FixtureResponse {
  const outcomes = outcomesOf(request);
  const said: string[] = [];
  const usage = { input_tokens: 0, output_tokens: 0 };
  for (const step of stepsOf(request)) {
    const [verb = '', rest = ''] = split(step);
    if (verb === 'say') said.push(rest);
    if (verb === 'use') [usage.input_tokens, usage.output_tokens] = rest.split(' ').map(Number) as [number, number];
    if (verb === 'fail') return { error: { message: 'fails on purpose', type: 'api_error' }, status: Number(rest) };
    const calls = callsOf(verb, rest).filter((call) => !settled(call, outcomes, said));
    if (callsOf(verb, rest).length === 0) continue;
    if (calls.length > 0) {
      return {
        content: [...said, ...toldOf(request)].join('\n') || 'Next.',
        toolCalls: calls.map((call) => ({ name: call.name, arguments: JSON.stringify(call.input) })),
        usage,
      };
    }
    // What came before a call that is done was said and used before it.
    if (!/^I (was refused|heard)/.test(said.at(-1) ?? '')) said.length = 0;
    usage.input_tokens = 0;
    usage.output_tokens = 0;
  }
  return { content: [...said, ...toldOf(request)].join('\n') || 'Done.', usage };
}

function callsOf(verb: string, rest: string): Call[] {
  const bash = (command: string): Call => ({ name: 'Bash', input: { command, description: 'a step' } });
  if (verb === 'run') return [bash(rest)];
  if (verb === 'both') return rest.split(' && ').map(bash);
  if (verb === 'ask') {
    const options = ['left', 'right'].map((label) => ({ label, description: `go ${label}` }));
    return [{ name: 'AskUserQuestion', input: { questions: [{ question: rest, header: 'Way', options, multiSelect: false }] } }];
  }
  if (verb === 'agent') {
    const prompt = rest.split(' then ').join('\n');
    return [{ name: 'Agent', input: { description: 'a part', prompt, subagent_type: 'general-purpose' } }];
  }
  return [];
}

/** Takes one outcome of this very call; a call that is to come again has none. */
function settled(call: Call, outcomes: { key: string; output: string }[], said: string[]): boolean {
  const at = outcomes.findIndex((outcome) => outcome.key === keyOf(call.name, call.input));
  const [outcome] = at < 0 ? [] : outcomes.splice(at, 1);
  if (!outcome) return false;
  if (/Issue this call again|interrupted/i.test(outcome.output)) return settled(call, outcomes, said);
  const refused = /hook error: ?(.*)/s.exec(outcome.output);
  if (refused) said.push(`I was refused: ${refused[1]}`);
  else if (call.name === 'AskUserQuestion') said.push(`I heard: ${outcome.output}`);
  return true;
}

const keyOf = (name: string, input: Record<string, unknown>): string =>
  `${name} ${String(input.command ?? input.prompt ?? (input.questions as { question: string }[])[0]?.question)}`;

function outcomesOf(request: ChatCompletionRequest): { key: string; output: string }[] {
  const keys = new Map<string, string>();
  const outcomes: { key: string; output: string }[] = [];
  for (const message of request.messages) {
    for (const call of message.tool_calls ?? []) {
      keys.set(call.id, keyOf(call.function.name, JSON.parse(call.function.arguments || '{}') as Record<string, unknown>));
    }
    const key = message.tool_call_id === undefined ? undefined : keys.get(message.tool_call_id);
    if (message.role === 'tool' && key !== undefined) outcomes.push({ key, output: textOf(message.content) });
  }
  return outcomes;
}

const verbs = /^(say|use|run|both|agent|ask|fail) /;

function stepsOf(request: ChatCompletionRequest): string[] {
  const prompts = request.messages.filter((message) => message.role === 'user').map((message) => textOf(message.content));
  const prompt = prompts.findLast((text) => text.split('\n').some((line) => verbs.test(line))) ?? '';
  return prompt.split('\n').filter((line) => verbs.test(line));
}

const toldOf = (request: ChatCompletionRequest): string[] =>
  request.messages.flatMap((message) =>
    [...textOf(message.content).matchAll(/^TELL (.*)$/gm)].map((match) => `I was told: ${match[1]}`),
  );

const split = (step: string): [string, string] => {
  const at = step.indexOf(' ');
  return [step.slice(0, at), step.slice(at + 1)];
};

const textOf = (content: ChatCompletionRequest['messages'][number]['content']): string =>
  typeof content === 'string' ? content : (content ?? []).map((part) => ('text' in part ? String(part.text) : '')).join('\n');
