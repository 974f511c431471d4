import type { Query, SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type {
  AdapterCapabilities,
  AgentReport,
  CancelMessage,
  DecisionMessage,
  SayMessage,
  StartMessage,
} from '@decree/contracts';
import type { ClaudeAdapterOptions } from './claude.ts';
import { createClaudeGate } from './claude-gate.ts';
import { completed, outcomeOf, toolCalls, toolResults, translate } from './claude-messages.ts';
import { claudeEnvironment, claudeOptions, createPromptStream, type SessionMode } from './claude-options.ts';
import { createUsageMeter } from './claude-usage.ts';
import { describeExit, type Launched, launch } from './launch.ts';
import type { AgentSession } from './port.ts';
import { createReportChannel } from './report-channel.ts';

type Completed = Extract<AgentReport, { type: 'turn.completed' }>;
type Settings = ClaudeAdapterOptions & { capabilities: AdapterCapabilities };

const readAhead = 64;
const announcementMs = 500;

/** One turn of a Claude agent. */
export function openClaudeSession(
  options: Settings,
  start: StartMessage,
  context: { signal: AbortSignal; stateDirectory: string },
): AgentSession {
  const { clock } = options;
  const channel = createReportChannel(readAhead);
  const prompt = createPromptStream();
  const announced = new Set<string>();
  let announce = () => {};
  let agentVersion = 'unknown';
  let greeted = false;
  let process: Launched | undefined;
  let query: Query | undefined;
  let canceled = false;
  // Nothing is begun before it is known what the session had used until now.
  let begun: Promise<void> = Promise.resolve();
  // The first cause of ending wins.
  let ending: Completed | undefined;

  const push = (report: AgentReport): Promise<void> => {
    if (!greeted) {
      greeted = true;
      const adapter = options.name ?? 'claude';
      void channel.push({ type: 'hello', v: 1, adapter, agentVersion, capabilities: options.capabilities });
    }
    return channel.push(report);
  };
  const gate = createClaudeGate({
    request: (report) => void push(report),
    async announced(toolCallId) {
      await begun;
      // A call that is asked for again after a resume is not announced again.
      if (start.resume === 'deferred' && announced.size === 0) return;
      const timer = new AbortController();
      const late = clock.sleep(announcementMs, { signal: timer.signal }).catch(() => undefined);
      while (!announced.has(toolCallId)) {
        const next = new Promise<'announced'>((resolve) => {
          const before = announce;
          announce = () => {
            before();
            resolve('announced');
          };
        });
        if ((await Promise.race([next, late])) !== 'announced') break;
      }
      timer.abort();
    },
    async park(toolCallId) {
      ending ??= completed('deferred', `waits for a decision on ${toolCallId}`);
      await process?.kill();
    },
  });

  const end = (status: Completed['status'], message: string): Promise<void> => {
    ending ??= completed(status, message);
    gate.close('The run is being ended.');
    prompt.end();
    channel.letGo();
    return process?.end() ?? Promise.resolve();
  };
  // Who ends a run learns of a failure to do so from close().
  const endSoon = (status: Completed['status'], message: string) => void end(status, message).catch(() => undefined);
  const onAbort = () => endSoon('canceled', 'The run was ended.');
  context.signal.addEventListener('abort', onAbort, { once: true });
  if (context.signal.aborted) onAbort();

  const running = run();

  return {
    reports: channel,
    send(message: DecisionMessage | SayMessage | CancelMessage) {
      if (message.type === 'decision') gate.decide(message);
      else if (message.type === 'say') prompt.say(message.text);
      else void cancel();
    },
    async close() {
      await end('canceled', 'The session was closed.');
      context.signal.removeEventListener('abort', onAbort);
      await running;
    },
  };

  async function cancel(): Promise<void> {
    canceled = true;
    const late = new AbortController();
    void running.then(() => late.abort());
    // An agent that cannot be interrupted is ended below.
    void query?.interrupt().catch(() => undefined);
    gate.close('The run was canceled.');
    if (!query) endSoon('canceled', 'The run was canceled.');
    await clock.sleep(options.cancelTimeoutMs ?? 5_000, { signal: late.signal }).then(
      () => endSoon('canceled', 'The agent did not end after the cancel and was ended.'),
      () => undefined,
    );
  }

  /** Never rejects: whatever happens becomes the last report. */
  async function run(): Promise<void> {
    let last: Completed;
    try {
      last =
        ending ?? (await converse(start.resume === 'new' ? 'begin' : start.resume === 'deferred' ? 'ask_again' : 'continue'));
      await process?.end();
    } catch (error) {
      last = completed('error', error instanceof Error ? error.message : String(error));
    }
    if (ending) last = ending;
    else if (canceled) last = completed('canceled', 'The run was canceled.');
    void push(last);
    channel.end();
  }

  async function converse(mode: SessionMode): Promise<Completed> {
    const { result, failure } = await speak(mode);
    const words = failure ?? (result && result.subtype !== 'success' ? result.errors.join('\n') : '');
    // A session is stored a little after it began: an agent that was killed before that left nothing.
    if (mode === 'continue' && /No conversation found/.test(words)) {
      void push({ type: 'warning', message: 'The interrupted session left nothing behind; it begins anew.' });
      return converse('begin');
    }
    if (result) return outcomeOf(result, gate.deferred());
    return completed('error', failure ?? 'The agent ended without a result.');
  }

  /** One life of the agent's process. */
  async function speak(mode: SessionMode): Promise<{ result?: SDKResultMessage; failure?: string }> {
    const env = await claudeEnvironment(start, context.stateDirectory);
    const sdk = await loadSdk();
    const current = sdk.query({
      prompt,
      options: {
        ...claudeOptions(start, mode, { gate, executable: options.pathToClaudeCodeExecutable, env }),
        spawnClaudeCodeProcess: (command) => {
          if (ending) throw new Error(ending.message);
          const plain = [command.command, ...command.args];
          const wrapped = options.wrap?.(plain, { start, stateDirectory: context.stateDirectory }) ?? plain;
          const { graceMs = 2_000 } = options;
          const fullEnv = Object.fromEntries(
            Object.entries(command.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
          );
          process = launch(wrapped, { runId: start.runId, cwd: start.cwd, env: fullEnv, clock, graceMs });
          return process.child as ReturnType<
            NonNullable<Parameters<typeof sdk.query>[0]['options']>['spawnClaudeCodeProcess'] & {}
          >;
        },
      },
    });
    query = current;
    let result: SDKResultMessage | undefined;
    try {
      result = await listen(current, mode);
      return { ...(result && { result }) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!process) return { failure: `The Claude agent could not be started: ${message}. ${howToInstall}` };
      if (ending) return { failure: ending.message };
      const exit = await process.exited;
      return { failure: `${message}; the agent ${describeExit(exit, process.stderrTail())}` };
    } finally {
      current.close();
    }
  }

  async function listen(current: Query, mode: SessionMode): Promise<SDKResultMessage | undefined> {
    let result: SDKResultMessage | undefined;
    const meter = createUsageMeter();
    if (mode === 'begin') meter.begin({});
    else {
      begun = totalsOf(current).then(
        (totals) => meter.begin(totals),
        () => undefined,
      );
    }
    if (mode !== 'ask_again') void begun.then(() => prompt.say(start.prompt));
    let metering: Promise<void> = Promise.resolve();
    const measure = (use: (totals: Totals) => void) => {
      metering = metering.then(async () => {
        if (!result) use(await totalsOf(current));
      });
      // What could not be measured meanwhile is in the result.
      metering = metering.catch(() => undefined);
    };
    try {
      for await (const message of current) {
        if (message.type === 'system' && message.subtype === 'init' && agentVersion === 'unknown') {
          agentVersion = message.claude_code_version;
          await push({ type: 'session.started', model: message.model });
        }
        for (const id of toolCalls(message)) announced.add(id);
        await report(translate(message, clock));
        announce();
        checkGate(message);
        if (endsModelCall(message)) measure((totals) => void report(meter.advance(totals)));
        if (message.type !== 'result') continue;
        if (message.subtype === 'success' && !message.is_error && (message.queued_turn_count ?? 0) > 0) continue;
        result = message;
        await report(meter.finish(message));
        prompt.end();
      }
    } catch (error) {
      // After an error result the iterator throws what the result has said.
      if (!result) throw error;
    }
    return result;
  }

  async function report(reports: readonly AgentReport[]): Promise<void> {
    for (const one of reports) {
      const room = push(one);
      if (!channel.full()) continue;
      // A reader that is slow holds the agent's process back, by its pipe.
      process?.child.stdout?.pause();
      await room;
      process?.child.stdout?.resume();
    }
  }

  /** A call that ran though the gate did not let it: the agent is ended before it does more. */
  function checkGate(message: SDKMessage): void {
    for (const { id, isError } of toolResults(message)) {
      if (!isError && !gate.wasAllowed(id)) endSoon('error', `Call ${id} ran without the gate having allowed it.`);
    }
  }
}

type Sdk = typeof import('@anthropic-ai/claude-agent-sdk');
type Totals = Parameters<ReturnType<typeof createUsageMeter>['begin']>[0];

const howToInstall =
  'Install the dependencies together with the optional ones (the program is the package @anthropic-ai/claude-agent-sdk-<platform>-<arch>), or name a Claude Code program with pathToClaudeCodeExecutable.';

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@anthropic-ai/claude-agent-sdk');
  } catch (error) {
    throw new Error(
      `The Claude Agent SDK could not be loaded: ${error instanceof Error ? error.message : error}. Install the dependencies.`,
      {
        cause: error,
      },
    );
  }
}

/** The session's totals so far. The SDK calls this experimental: where it fails, usage comes with the result alone. */
async function totalsOf(query: Query): Promise<Totals> {
  const usage = await query.usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET({ skipBehaviors: true });
  return usage.session.model_usage;
}

/** A model call has been accounted for when its stream ends; a sub-agent's is not streamed, but has its call's result. */
const endsModelCall = (message: SDKMessage): boolean =>
  (message.type === 'stream_event' && message.event.type === 'message_stop') ||
  (message.type === 'user' && message.parent_tool_use_id !== null);
