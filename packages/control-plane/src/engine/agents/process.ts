import {
  type AdapterCapabilities,
  type AgentReport,
  type CancelMessage,
  type DecisionMessage,
  maxLineBytes,
  type SayMessage,
  type StartMessage,
} from '@decree/contracts';
import type { Clock } from '../system/clock.ts';
import { describeExit, type Launched, launch, type WrapCommand } from './launch.ts';
import { createReportParser } from './parse-reports.ts';
import type { AgentAdapter, AgentSession } from './port.ts';
import { readLines } from './read-lines.ts';

export interface ProcessAdapterOptions {
  name: string;
  /** Program and arguments. There is no shell. */
  command: readonly string[];
  /** What the policy may rely on; an adapter whose hello says less is refused. Default: nothing. */
  capabilities?: AdapterCapabilities;
  clock: Clock;
  wrap?: WrapCommand;
  helloTimeoutMs?: number;
  /** From SIGTERM to SIGKILL; also how long a process may go on after its last message. */
  graceMs?: number;
  /** How long an agent may take to end after a cancel, before it is ended. */
  cancelTimeoutMs?: number;
  maxLineBytes?: number;
}

const nothing: AdapterCapabilities = { gate: 'none', resume: false, defer: false };

/**
 * Any program that speaks the adapter protocol over stdio: NDJSON in, NDJSON out, one process per turn. What it writes is
 * outside input. Noise (lines that are no JSON, unknown message types) is tolerated with one warning per kind; a message that
 * is understood and wrong ends the turn.
 */
export function createProcessAdapter(options: ProcessAdapterOptions): AgentAdapter {
  if (!options.command[0])
    throw new TypeError(`The adapter ${options.name} has no command: expected a program and its arguments.`);
  const capabilities = Object.freeze({ ...(options.capabilities ?? nothing) });
  return {
    name: options.name,
    capabilities,
    open: (start, context) => openSession({ ...options, capabilities }, start, context),
  };
}

type Settled = ProcessAdapterOptions & { capabilities: AdapterCapabilities };
type Completed = Extract<AgentReport, { type: 'turn.completed' }>;

function openSession(
  options: Settled,
  start: StartMessage,
  context: { signal: AbortSignal; stateDirectory: string },
): AgentSession {
  const { clock } = options;
  const { signal } = context;
  const graceMs = options.graceMs ?? 2_000;
  const command = options.wrap?.(options.command, { start, stateDirectory: context.stateDirectory }) ?? options.command;
  // The first cause of ending wins: what follows from it is not told.
  let ending: { status: 'canceled' | 'error'; message: string; fault?: Completed['fault'] } | undefined;
  const calls = new Map<string, 'asked' | 'allowed' | 'refused'>();
  const process = signal.aborted ? null : tryLaunch();

  const endFor = (status: 'canceled' | 'error', message: string, fault?: Completed['fault']): Promise<void> => {
    ending ??= { status, message, ...(fault && { fault }) };
    return process?.end() ?? Promise.resolve();
  };
  // Who ends a run learns of a failure to do so from close().
  const endSoon = (status: 'canceled' | 'error', message: string, fault?: Completed['fault']) =>
    void endFor(status, message, fault).catch(() => undefined);
  const onAbort = () => endSoon('canceled', 'The run was ended.');
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });

  const write = (message: object) => {
    if (process?.child.stdin?.writable) process.child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  write(start);

  return {
    reports: process ? readReports(process) : refuse(),
    send(message: DecisionMessage | SayMessage | CancelMessage) {
      if (message.type === 'decision') calls.set(message.toolCallId, message.outcome === 'allow' ? 'allowed' : 'refused');
      write(message);
      if (message.type !== 'cancel' || !process) return;
      void within(options.cancelTimeoutMs ?? 10_000, process.exited).then((ended) => {
        if (!ended) endSoon('canceled', 'The agent did not end after the cancel and was ended.');
      });
    },
    async close() {
      await endFor('canceled', 'The session was closed.');
      signal.removeEventListener('abort', onAbort);
    },
  };

  function tryLaunch(): Launched | null {
    try {
      return launch(command, { runId: start.runId, cwd: start.cwd, env: start.env, clock, graceMs });
    } catch (error) {
      // Most failures to start come with `exited`; an environment too large, a NUL in an argument are thrown.
      ending = { status: 'error', message: `The agent could not be started: ${error instanceof Error ? error.message : error}` };
      return null;
    }
  }

  async function* refuse(): AsyncGenerator<AgentReport, void, undefined> {
    yield completed(ending?.status ?? 'canceled', ending?.message ?? '');
  }

  async function* readReports({ child, exited, stderrTail }: Launched): AsyncGenerator<AgentReport, void, undefined> {
    const parser = createReportParser({ adapter: options.name, capabilities: options.capabilities });
    const greeted = new AbortController();
    const helloTimeoutMs = options.helloTimeoutMs ?? 15_000;
    void clock.sleep(helloTimeoutMs, { signal: greeted.signal }).then(
      () => endSoon('error', `The adapter ${options.name} sent no hello within ${helloTimeoutMs} ms.`, 'protocol'),
      () => undefined,
    );
    let last: Completed | undefined;
    try {
      for await (const line of readLines(child.stdout!, options.maxLineBytes ?? maxLineBytes)) {
        const { reports, refused } = parser.parse(line);
        if (refused !== undefined) {
          endSoon('error', refused, 'protocol');
          break;
        }
        for (const report of reports) {
          if (report.type === 'hello') greeted.abort();
          if (report.type !== 'turn.completed') {
            const breach = checkGate(report);
            yield report;
            if (breach !== null) return yield completed('error', await endForBreach(breach), 'protocol');
          } else {
            last = report;
            child.stdin?.end();
            // What a turn started must not outlive it, nor hold its end back.
            void within(graceMs, exited).then(() => process?.end().catch(() => undefined));
          }
        }
      }
    } catch (error) {
      // Ending the tree destroys the pipe under the reader; that cause is known already.
      if (!ending && !last)
        endSoon('error', `Reading from the adapter failed: ${error instanceof Error ? error.message : error}`);
    } finally {
      greeted.abort();
    }
    if (!last && !ending) {
      // Its output has ended, so it is ending, or it is of no use any more.
      await within(graceMs, exited);
      endSoon('error', '', 'crash');
    }
    if (!last && parser.greeted()) yield* parser.leftovers();
    if (last) {
      if (parser.greeted()) yield* parser.leftovers();
      yield last;
      return;
    }
    const exit = await exited;
    const message =
      ending && ending.message !== ''
        ? ending.message
        : `The agent ended without turn.completed: it ${describeExit(exit, stderrTail())}`;
    const said = parser.greeted() ? undefined : parser.leftovers().find((report) => report.type === 'warning');
    const hint = said?.type === 'warning' ? ` ${said.message}` : '';
    yield completed(ending?.status ?? 'error', `${message}${hint}`, ending ? ending.fault : 'crash');
  }

  /** That each call waits for its decision is the adapter's word; here it is held to it. What ran unasked is said, or null. */
  function checkGate(report: AgentReport): string | null {
    if (options.capabilities.gate !== 'every_call') return null;
    if (report.type === 'tool.requested') calls.set(report.toolCallId, 'asked');
    if (report.type !== 'tool.completed') return null;
    const { toolCallId: id, isError } = report;
    const call = calls.get(id);
    calls.delete(id);
    // A call that was refused is reported as an error to the agent: it did not run.
    if (call === 'allowed' || (call === 'refused' && isError)) return null;
    const why =
      call === undefined ? 'without having been asked for' : call === 'asked' ? 'before it was decided' : 'though it was denied';
    return `The adapter ${options.name} reports that call ${id} ran ${why}; it was ended.`;
  }

  async function endForBreach(message: string): Promise<string> {
    ending ??= { status: 'error', message, fault: 'protocol' };
    await process?.end().catch(() => undefined);
    return ending.message;
  }

  /** Whether it came about in time. */
  async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController();
    try {
      return await Promise.race([
        promise.then(() => true),
        clock.sleep(ms, { signal: timer.signal }).then(
          () => false,
          () => false,
        ),
      ]);
    } finally {
      timer.abort();
    }
  }
}

const completed = (status: Completed['status'], message: string, fault?: Completed['fault']): Completed => ({
  type: 'turn.completed',
  status,
  message,
  ...(fault && { fault }),
});
