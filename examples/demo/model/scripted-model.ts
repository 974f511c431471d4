import { type ChatCompletionRequest, type FixtureResponse, LLMock } from '@copilotkit/aimock';
import { type Conversation, readConversation } from './conversation.ts';
import { implementor } from './implementor.ts';
import { planner } from './planner.ts';
import { reviewer } from './reviewer.ts';
import { type Reply, replay, type Script, type Wish } from './script.ts';

export interface ScriptedModelOptions {
  port?: number;
  /** `human` streams slowly enough to be read; the answers are the same. */
  pace?: 'fast' | 'human';
  /** `error500`: every request is answered 500. */
  faults?: readonly 'error500'[];
}

export interface ScriptedModel {
  /** For ANTHROPIC_BASE_URL. */
  url: string;
  /** What was asked for and answered, oldest first. */
  requests(): readonly AnsweredRequest[];
  close(): Promise<void>;
}

export interface AnsweredRequest {
  model: string;
  role: string | undefined;
  answer: string;
}

/** A pause before each answer, which is then streamed slowly enough to be read. */
const humanPace = { chunkSize: 12, streamingProfile: { ttft: 2_500, tps: 30, jitter: 0.3 } } as const;

/**
 * A model on loopback that plays Planner, Implementor and Reviewer of the demo. Each answer is a function of the request
 * alone (its prompts, its tool calls and their results): it can be killed, asked twice, or asked by four agents at once.
 */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const mock = new LLMock({ port: options.port ?? 0, host: '127.0.0.1', logLevel: 'silent', journalMaxEntries: 10 });
  const answered: AnsweredRequest[] = [];
  mock.addFixture({
    match: { predicate: () => true },
    ...(options.pace === 'human' ? humanPace : { chunkSize: 4_000 }),
    response: (request) => {
      const failing = options.faults?.includes('error500');
      const { role, response, answer } = failing
        ? {
            role: undefined,
            answer: 'error 500',
            response: { error: { message: 'The scripted model fails on purpose', type: 'api_error' }, status: 500 },
          }
        : answerTo(request);
      answered.push({ model: request.model, role, answer });
      return response;
    },
  });
  await mock.start();
  return { url: mock.url, requests: () => answered, close: () => mock.stop() };
}

function answerTo(request: ChatCompletionRequest): { role: string | undefined; answer: string; response: FixtureResponse } {
  const conversation = readConversation(request);
  const script = choose(conversation);
  const reply: Reply = script
    ? replay(script, conversation)
    : { ending: { say: 'This prompt holds no run of Decree, so there is nothing for me to do.', data: {} } };
  const content =
    'wishes' in reply
      ? reply.wishes.map(({ say }) => say).join(' ')
      : `${reply.ending.say}\n\n\`\`\`json\n${JSON.stringify(reply.ending.data)}\n\`\`\``;
  const calls = 'wishes' in reply ? reply.wishes : structuredOutput(conversation, reply.ending.data);
  const usage = {
    input_tokens: estimateTokens(JSON.stringify([request.messages, request.tools])),
    output_tokens: estimateTokens(content + JSON.stringify(calls)),
  };
  return {
    role: conversation.context?.role,
    answer:
      calls.map(({ name, input }) => `${name} ${String(input.command ?? input.file_path ?? '')}`.trim()).join(' + ') || content,
    response:
      calls.length > 0
        ? { content, toolCalls: calls.map(({ name, input }) => ({ name, arguments: JSON.stringify(input) })), usage }
        : { content, usage },
  };
}

function choose(conversation: Conversation): Script | undefined {
  const { context } = conversation;
  if (context?.role === 'planner') return planner(context);
  if (context?.role === 'implementor') return implementor(context, conversation);
  if (context?.role === 'reviewer') return reviewer(context, conversation);
  return undefined;
}

/** Where the session has an output schema, the ending is handed over by the tool for it, once, with the fields it knows. */
function structuredOutput(
  { structuredOutput: properties, calls }: Conversation,
  data: Record<string, unknown>,
): readonly Pick<Wish, 'name' | 'input'>[] {
  if (!properties || calls.some((call) => call.name === 'StructuredOutput' && call.result !== undefined)) return [];
  return [{ name: 'StructuredOutput', input: Object.fromEntries(Object.entries(data).filter(([key]) => key in properties)) }];
}

/** Four characters to a token: near enough for a cost that looks like one, and the same every time. */
function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
