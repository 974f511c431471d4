import { childEnv, type Env } from '../../../system/env.ts';
import { type ExecResult, exec } from '../../../system/process.ts';

/** Git over one bare repository, with no hook, no user or system configuration, and nothing inherited. */
export interface Git {
  readonly directory: string;
  /** Standard output; throws `GitFailure` when git says no. */
  run(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The result whatever it is. */
  attempt(args: readonly string[], options?: GitOptions): Promise<ExecResult>;
  /**
   * The same for a question about objects named by their ids alone: an answer never changes, so git is asked once. An exit
   * code that is no answer (an object is missing) is not kept: it may come.
   */
  settled(args: readonly string[], answerCodes?: readonly number[]): Promise<ExecResult>;
  /** Standard output as bytes, for blobs that are no text. */
  bytes(args: readonly string[]): Promise<Buffer>;
}

export interface GitOptions {
  input?: string | Uint8Array;
  env?: Record<string, string>;
  signal?: AbortSignal;
  encoding?: 'utf8' | 'latin1';
}

export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  readonly exitCode: number;
  readonly stderr: string;
  constructor(args: readonly string[], result: { exitCode: number; stderr: string }) {
    super(`git ${args[0]} ended with ${result.exitCode}: ${result.stderr.trim().slice(0, 2000)}`);
    this.exitCode = result.exitCode;
    this.stderr = result.stderr;
  }
}

/**
 * Never read: commit graphs, multi-pack indexes and bitmaps. They are caches that a hostile object directory can make
 * lie; objects cannot, because they are named by their hash.
 */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsync=all',
  'core.commitGraph=false',
  'core.multiPackIndex=false',
  'core.quotePath=false',
  'pack.useBitmaps=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'uploadpack.allowFilter=false',
  'protocol.allow=never',
].flatMap((setting) => ['-c', setting]);

/** Standard output of a settled question; throws `GitFailure` when git says no. */
export async function runSettled(git: Git, args: readonly string[]): Promise<string> {
  const result = await git.settled(args);
  if (result.exitCode !== 0) throw new GitFailure(args, result);
  return result.stdout;
}

/** What is kept of settled answers: at most 512 of 64 Ki characters, the oldest go first. */
const kept = { answers: 512, characters: 64 * 1024 } as const;

export function createGit(directory: string, env: Env): Git {
  const environment = childEnv(env, {
    GIT_DIR: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_LITERAL_PATHSPECS: '1',
    LC_ALL: 'C.UTF-8',
  });
  const attempt: Git['attempt'] = (args, options = {}) =>
    exec('git', [...settings, ...args], {
      cwd: directory,
      env: { ...environment, ...options.env },
      ...(options.encoding && { encoding: options.encoding }),
      ...(options.input !== undefined && { input: options.input }),
      ...(options.signal && { signal: options.signal }),
    });
  const answers = new Map<string, ExecResult>();
  return {
    directory,
    attempt,
    async settled(args, answerCodes = [0]) {
      const question = args.join('\0');
      const known = answers.get(question);
      if (known) return known;
      const result = await attempt(args);
      if (!answerCodes.includes(result.exitCode) || result.stdout.length > kept.characters) return result;
      answers.set(question, result);
      for (const oldest of answers.keys()) {
        if (answers.size <= kept.answers) break;
        answers.delete(oldest);
      }
      return result;
    },
    async run(args, options) {
      const result = await attempt(args, options);
      if (result.exitCode !== 0) throw new GitFailure(args, result);
      return result.stdout;
    },
    async bytes(args) {
      const result = await attempt(args, { encoding: 'latin1' });
      if (result.exitCode !== 0) throw new GitFailure(args, result);
      return Buffer.from(result.stdout, 'latin1');
    },
  };
}
