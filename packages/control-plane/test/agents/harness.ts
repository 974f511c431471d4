import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentReport, DecisionMessage, StartMessage } from '@decree/contracts';
import type { AgentAdapter, AgentSession } from '../../src/engine/agents/port.ts';
import { killByMark } from '../../src/engine/system/process.ts';
import { systemRandom } from '../../src/engine/system/random.ts';

export type ReportOf<T extends AgentReport['type']> = Extract<AgentReport, { type: T }>;
export type Request = ReportOf<'tool.requested'>;
/** null: nobody decides. */
export type Decide = (request: Request, session: AgentSession) => Omit<DecisionMessage, 'type' | 'toolCallId'> | null;

export const allow: Decide = () => ({ outcome: 'allow', reason: 'allowed by the test' });
export const deny =
  (reason: string): Decide =>
  () => ({ outcome: 'deny', reason });
export const defer: Decide = () => ({ outcome: 'defer', reason: 'waits' });

export const commandOf = (request: Request): string => (request.input as { command: string }).command;

/** A place of its own for a run: home, working directory and state directory, and every process of it ended at the end. */
export interface Place {
  runId: string;
  directory: string;
  cwd: string;
  stateDirectory: string;
  start(prompt: string, extra?: Partial<StartMessage>): StartMessage;
  remove(): Promise<void>;
}

export async function makePlace(env: Record<string, string> = {}): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'decree-agents-'));
  const runId = systemRandom.uuidv7();
  const sessionId = systemRandom.uuidv7();
  const [cwd, home, stateDirectory] = ['work', 'home', 'state'].map((name) => join(directory, name)) as [string, string, string];
  for (const path of [cwd, home, stateDirectory]) await mkdir(path, { mode: 0o700 });
  return {
    runId,
    directory,
    cwd,
    stateDirectory,
    start: (prompt, extra = {}) => ({
      type: 'start',
      v: 1,
      runId,
      sessionId,
      role: 'implementor',
      cwd,
      systemPrompt: 'You do what the steps say.',
      prompt,
      resume: 'new',
      model: null,
      tools: ['Bash'],
      disallowedTools: [],
      maxTurns: 50,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, DECREE_RUN: runId, ...env },
      ...extra,
    }),
    async remove() {
      await killByMark('DECREE_RUN', runId);
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** Opens a turn, answers its requests and gathers everything that it reports. The session is closed at the end. */
export async function runTurn(adapter: AgentAdapter, place: Place, start: StartMessage, decide: Decide): Promise<AgentReport[]> {
  const session = adapter.open(start, { signal: new AbortController().signal, stateDirectory: place.stateDirectory });
  try {
    return await gather(session, decide);
  } finally {
    await session.close();
  }
}

export async function gather(session: AgentSession, decide: Decide, seen: AgentReport[] = []): Promise<AgentReport[]> {
  for await (const report of session.reports) {
    seen.push(report);
    if (report.type !== 'tool.requested') continue;
    const decision = decide(report, session);
    if (decision) session.send({ type: 'decision', toolCallId: report.toolCallId, ...decision });
  }
  return seen;
}

export const only = <T extends AgentReport['type']>(reports: readonly AgentReport[], type: T): ReportOf<T>[] =>
  reports.filter((report): report is ReportOf<T> => report.type === type);

export const lastOf = (reports: readonly AgentReport[]): ReportOf<'turn.completed'> => {
  const last = reports.at(-1);
  if (last?.type !== 'turn.completed') throw new Error(`expected turn.completed last, got ${JSON.stringify(last)}`);
  return last;
};

/** Waits for a condition in the outside world. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
