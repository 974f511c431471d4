import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DecreeError } from '@decree/contracts';
import { blankLiterals } from './blank-literals.ts';

/** The names that a config file can have, the first that exists counts. */
export const configFileNames = ['control-plane.config.ts', 'control-plane.config.json'] as const;

/**
 * The value of a config file's text, which the caller has read at a commit on the default branch. A .ts file is imported from a
 * private temporary file below `directory`; it may import types only, since there is nothing beside it that it could import.
 */
export async function evaluateConfig({
  text,
  fileName,
  directory,
  deadline,
}: {
  text: string;
  fileName: string;
  directory: string;
  /** When it gives up on a config that does not end. */
  deadline?: AbortSignal;
}): Promise<unknown> {
  if (fileName.endsWith('.json')) return parseJson(text, fileName);
  if (!fileName.endsWith('.ts'))
    throw new DecreeError('invalid', `expected a config file ${configFileNames.join(' or ')}, got ${fileName}`);
  refuseImports(text, fileName);
  const place = await mkdtemp(join(directory, 'config-'));
  try {
    // .mts, since nobody says beside it whether a .ts is a module; a name by content, since a module of one name is read once.
    const name = `${basename(fileName, '.ts')}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mts`;
    const file = join(place, name);
    await writeFile(file, text, { mode: 0o600 });
    return await importDefault(file, fileName, deadline);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

type Answer = { value: unknown } | { missing: true } | { failed: string };

/** In a thread of its own, with a deadline: a config that never ends, exits, or throws later holds nothing up. */
async function importDefault(file: string, fileName: string, deadline: AbortSignal | undefined): Promise<unknown> {
  const worker = new Worker(new URL('evaluator.mjs', import.meta.url), { workerData: pathToFileURL(file).href, execArgv: [] });
  const refuse = (why: string) => new DecreeError('invalid', `${fileName} cannot be read: ${why.replaceAll(file, fileName)}`);
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error: unknown) => reject(refuse(error instanceof Error ? error.message : String(error))));
      worker.once('exit', () => reject(refuse('it ended the process instead of giving a value')));
      deadline?.addEventListener('abort', () => reject(refuse('it did not finish in time; is there a loop in it?')), {
        once: true,
      });
    });
    if ('failed' in answer) throw refuse(answer.failed);
    if ('missing' in answer)
      throw new DecreeError('invalid', `${fileName}: expected \`export default { … }\`, found no default export`);
    return answer.value;
  } finally {
    await worker.terminate();
  }
}

function parseJson(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DecreeError('invalid', `${fileName}: expected JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function refuseImports(text: string, fileName: string): void {
  const code = blankLiterals(text);
  const typesOnly = /\bimport\s+type\s(?:[^;'"`]*?\bfrom)\s*(["'])\s*\1\s*;?/g;
  const rest = code.replace(typesOnly, (found) => found.replace(/[^\n]/g, ' '));
  const found = /(?<![.\w$])import\b|\bexport\b[^;={]*(?:\{[^}]*\})?\s*from\s*["']|(?<![.\w$])require\s*\(/.exec(rest);
  if (!found) return;
  const line = rest.slice(0, found.index).split('\n').length;
  throw new DecreeError(
    'invalid',
    `${fileName}:${line}: expected a config without imports (only \`import type\` is allowed), found ${JSON.stringify(text.split('\n')[line - 1]?.trim())}`,
  );
}
