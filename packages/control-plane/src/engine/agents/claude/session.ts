import type { ModelUsage, Query, SDKMessage, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type {
  AdapterCapabilities,
  AgentReport,
  CancelMessage,
  DecisionMessage,
  SayMessage,
  StartMessage,
} from '@decree/contracts';
import type { Clock } from '../../system/clock.ts';
import { describeExit, type Launched, launch, type WrapCommand } from '../launch.ts';
import type { AgentSession } from '../port.ts';
import { createReportChannel } from '../report-channel.ts';
import { createAnnouncements } from './announcements.ts';
import { createClaudeGate } from './gate.ts';
import { completed, outcomeOf, toolCalls, toolResults, translate } from './messages.ts';
import { claudeEnvironment, claudeOptions, createPromptStream, discardSession, type SessionMode } from './options.ts';
import { endsModelCall, howToInstall, loadSdk, totalsOf } from './sdk.ts';
import { createUsageMeter } from './usage.ts';

export interface ClaudeAdapterOptions {
  clock: Clock;
  name?: string;
  /** The Claude Code program; default: the one that comes with the SDK as an optional package. */
  pathToClaudeCodeExecutable?: string;
  wrap?: WrapCommand;
  /** From SIGTERM to SIGKILL. */
  graceMs?: number;
  /** How long an interrupted agent may take to end its turn, before it is ended. */
  cancelTimeoutMs?: number;
}

type Completed = Extract<AgentReport, { type: 'turn.completed' }>;
type Settings = ClaudeAdapterOptions & { capabilities: AdapterCapabilities };

const readAhead = 64;

/** One turn of a Claude agent. */
export function openClaudeSession(
  options: Settings,
  start: StartMessage,
  context: { signal: AbortSignal; stateDirectory: string },
): AgentSession {
  const { clock } = options;
  const channel = createReportChannel(readAhead);
  let prompt = createPromptStream();
  const announcements = createAnnouncements(clock);
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
      if (start.resume !== 'deferred' || announcements.any()) await announcements.heard(toolCallId);
    },
    async park(toolCallId) {
      ending ??= completed('deferred', `waits for a decision on ${toolCallId}`);
      await process?.kill();
    },
  });

  const end = (status: Completed['status'], message: string, fault?: Completed['fault']): Promise<void> => {
    ending ??= completed(status, message, fault);
    gate.close('The run is being ended.');
    prompt.end();
    channel.letGo();
    return process?.end() ?? Promise.resolve();
  };
  // Who ends a run learns of a failure to do so from close().
  const endSoon = (...how: Parameters<typeof end>) => void end(...how).catch(() => undefined);
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
    // A session is stored a little after it began: an agent that was killed before that left nothing, or only the beginning of a file.
    if (mode === 'continue' && /No conversation found/.test(words)) {
      void push({ type: 'warning', message: 'The interrupted session left nothing behind; it begins anew.' });
      await discardSession(start, context.stateDirectory);
      prompt = createPromptStream();
      return converse('begin');
    }
    if (result) return outcomeOf(result, gate.deferred());
    return completed('error', failure ?? 'The agent ended without a result.', 'crash');
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
      begun = totalsOf(current, clock).then(
        (totals) => meter.begin(totals),
        () => undefined,
      );
    }
    if (mode !== 'ask_again') void begun.then(() => prompt.say(start.prompt));
    let metering: Promise<void> = Promise.resolve();
    const measure = (use: (totals: Record<string, ModelUsage>) => void) => {
      metering = metering.then(async () => {
        if (!result) use(await totalsOf(current, clock));
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
        await report(translate(message, clock));
        for (const id of toolCalls(message)) announcements.note(id);
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
      if (!isError && !gate.wasAllowed(id)) endSoon('error', `Call ${id} ran without the gate having allowed it.`, 'protocol');
    }
  }
}
