import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { DecreeError, type EventOf, type Run, type StreamAccessor, type Task, type TranscriptEntry } from '@decree/contracts';
import type { Logger } from '../system/log.ts';

/** How a session ended, in the words of the file's last line. */
const outcomes = { 'run.succeeded': 'completed', 'run.failed': 'failed', 'run.canceled': 'canceled' } as const;
export type RunEnd = EventOf<keyof typeof outcomes>;

export interface SessionLogOptions {
  directory: string;
  streams: Pick<StreamAccessor, 'read'>;
  log: Logger;
}

/**
 * Writes what an agent said and did as a text file for people, `<milliseconds>-<agent>[-<issue>].log`, when its run ends; again
 * when an engine dies before the end is recorded. What was said is taken from the transcript and the event, so no secret is in it that is not there.
 * Never rejects: what cannot be written is said in the engine's log, and the run ends all the same.
 */
export type WriteSessionLog = (run: Run, task: Task, end: RunEnd) => Promise<void>;

export function createSessionLog({ directory, streams, log }: SessionLogOptions): WriteSessionLog {
  return async (run, task, end) => {
    const { sessionId } = run;
    if (sessionId === null) return;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = await open(join(directory, nameOf(run)), 'w', 0o600);
      try {
        await file.appendFile(headerOf(run, task));
        await writeEntries(file, streams, sessionId);
        await file.appendFile(footerOf(run, end));
      } finally {
        await file.close();
      }
    } catch (error) {
      log.warn(
        { runId: run.id, sessionId, err: error },
        'the text file of a session could not be written; its transcript is kept',
      );
    }
  };
}

async function writeEntries(file: FileHandle, streams: Pick<StreamAccessor, 'read'>, sessionId: string): Promise<void> {
  for (let after: string | undefined; ; ) {
    const page = await streams.read({ sessionId, after }).catch((error: unknown) => {
      // An agent that died before its first word has no transcript.
      if (error instanceof DecreeError && error.code === 'not_found') return null;
      throw error;
    });
    if (page === null) return;
    if (page.entries.length > 0) await file.appendFile(page.entries.map(entryText).join(''));
    // A page without entries is the last: nobody writes any more when a run ends.
    if (page.ended || page.entries.length === 0) return;
    after = page.next;
  }
}

const nameOf = (run: Run): string =>
  `${Date.parse(run.startedAt ?? run.queuedAt)}-${run.agentId.replace(/[^A-Za-z0-9_-]+/g, '-')}${run.issue === null ? '' : `-${run.issue}`}.log`;

function headerOf(run: Run, task: Task): string {
  const about = run.issue === null ? `specs     ${task.specs.map(({ path }) => path).join(', ')}` : `issue     #${run.issue}`;
  return `${[
    `session   ${run.sessionId}`,
    `run       ${run.id}`,
    `agent     ${run.agentId} (${run.role}, attempt ${run.attempt})`,
    about,
    `started   ${run.startedAt ?? run.queuedAt}`,
  ]
    .map(oneField)
    .join('\n')}\n\n`;
}

function footerOf(run: Run, end: RunEnd): string {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd, costBasis } = run.usage;
  const seconds = run.startedAt === null ? 0 : (Date.parse(end.occurredAt) - Date.parse(run.startedAt)) / 1_000;
  const said = 'summary' in end.payload ? end.payload.summary : `${end.payload.code}: ${end.payload.message}`;
  return `\n${[
    `ended     ${end.occurredAt}`,
    `duration  ${seconds.toFixed(1)} s`,
    `cost      ${costBasis === 'unknown' ? 'not known' : `$${costUsd.toFixed(4)}`}`,
    `tokens    ${inputTokens} in, ${outputTokens} out, ${cacheReadTokens} read from the cache, ${cacheWriteTokens} written to it`,
    `outcome   ${outcomes[end.type]}: ${said}`,
  ]
    .map(oneField)
    .join('\n')}\n`;
}

function entryText(entry: TranscriptEntry): string {
  return `${entry.at}  ${safe(words(entry)).trimEnd().replaceAll('\n', '\n    ')}\n`;
}

function words(entry: TranscriptEntry): string {
  switch (entry.kind) {
    case 'text':
      return `${entry.subagent ? `[${entry.subagent}] ` : ''}${entry.text}`;
    case 'thinking':
      return `(thinking) ${entry.text}`;
    case 'tool_requested':
      return `${entry.subagent ? `[${entry.subagent}] ` : ''}call ${entry.tool} ${JSON.stringify(entry.input) ?? ''}`;
    case 'tool_completed':
      return `${entry.isError ? 'error' : 'result'} ${entry.output}`;
    case 'decision':
      return `${entry.outcome}: ${entry.reason}`;
    case 'told':
      return `${entry.by} says: ${entry.text}`;
    case 'notice':
      return `${entry.level}: ${entry.text}`;
  }
}

/** What an agent says of itself is not taken for a field of its own. */
const oneField = (text: string): string => safe(text).replaceAll('\n', '\n          ');

/** The file is shown by terminals: nothing in it is obeyed by one. */
const safe = (text: string): string => stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]/gu, '');
