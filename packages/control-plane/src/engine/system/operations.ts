import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import { type ExecOptions, type ExecResult, exec } from './exec.ts';
import type { Random } from './random.ts';

/** As the contracts have it. */
export interface OperationRecord {
  id: string;
  at: string;
  kind: 'program' | 'forge';
  summary: string;
  directory: string | null;
  runId: string | null;
  resultCode: number | null;
  durationMs: number;
  stderrTail: string | null;
}

/** What is told of a thing that was carried out; the rest is added. */
export type CarriedOut = Pick<OperationRecord, 'kind' | 'directory' | 'resultCode'> & {
  /** Joined to be read only when somebody reads. */
  words: readonly string[];
  stderr: string;
};
export type Exec = (file: string, args: readonly string[], options: ExecOptions) => Promise<ExecResult>;

/** What the engine itself carried out lately: programs, and writes to the forge. Bounded, in memory, lost with the process. */
export interface Operations {
  /** Runs a program and remembers it. */
  readonly exec: Exec;
  /** To be called as something begins; the function it gives, when it has ended. */
  begin(): (operation: CarriedOut) => void;
  /** What `work` carries out, and what that leads to, is remembered as done for this run. */
  forRun<T>(runId: string, work: () => T): T;
  /** Newest first. Null when `after` is none of those that are remembered. */
  list(input: {
    after?: string | undefined;
    limit: number;
    runId?: string | undefined;
  }): { items: OperationRecord[]; next?: string } | null;
}

type Kept = CarriedOut & Pick<OperationRecord, 'id' | 'at' | 'runId' | 'durationMs'>;

const tailLength = 2_000;
const summaryLength = 500;

/** A place in a ring is written over when its turn comes again: remembering costs the same however much was done. */
export function createOperations(options: {
  clock: Clock;
  random: Random;
  redact: (text: string) => string;
  /** How many are remembered. */
  remembered: number;
}): Operations {
  const { clock, random, redact, remembered } = options;
  const ring: Kept[] = [];
  let written = 0;
  const runs = new AsyncLocalStorage<string>();

  const begin: Operations['begin'] = () => {
    const [id, at, began] = [random.uuidv7(), clock.now(), clock.monotonicMs()];
    const runId = runs.getStore() ?? null;
    return (operation) => {
      ring[written % remembered] = {
        ...operation,
        ...{ id, at, runId, durationMs: Math.round(clock.monotonicMs() - began) },
        // What was long is let go of here, secrets are looked for when it is read.
        stderr: operation.stderr.slice(-2 * tailLength),
      };
      written += 1;
    };
  };

  /** From the newest, which stands before the place that is written next. */
  function* newestFirst(): Generator<Kept> {
    for (let back = 1; back <= ring.length; back += 1) {
      const kept = ring[(written - back) % remembered];
      if (kept) yield kept;
    }
  }

  const shown = ({ words, stderr, ...kept }: Kept): OperationRecord => {
    const tail = redact(stderr).trim().slice(-tailLength);
    return { ...kept, summary: clip(redact(joined(words))), stderrTail: tail === '' ? null : tail };
  };

  return {
    begin,
    async exec(file, args, given) {
      const end = begin();
      const result = await exec(file, args, given);
      end({
        kind: 'program',
        words: [file, ...args],
        directory: given.cwd ?? null,
        resultCode: result.exitCode,
        stderr: result.stderr,
      });
      return result;
    },
    forRun: (runId, work) => runs.run(runId, work),
    list({ after, limit, runId }) {
      const items: OperationRecord[] = [];
      let found = after === undefined;
      for (const kept of newestFirst()) {
        if (found && (runId === undefined || kept.runId === runId)) {
          const last = items.at(-1);
          if (items.length === limit && last) return { items, next: last.id };
          items.push(shown(kept));
        }
        found ||= kept.id === after;
      }
      return found ? { items } : null;
    },
  };
}

/** As a person would type it; only to be read, never to be run. */
const joined = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
const clip = (text: string): string => (text.length <= summaryLength ? text : `${text.slice(0, summaryLength - 1)}…`);
