import type { TranscriptEntry } from '@decree/contracts';
import { createTwoFilesPatch } from 'diff';
import { memoLast } from '../model/memo.ts';

/** More than this is not compared for a card: the output tab has the call whole. */
const mostCharacters = 200_000;

type Input = Readonly<Record<string, unknown>>;

/**
 * What a call that waits would write to this path, as a unified diff; null where the call is not among the entries. Events hold
 * no contents, so the call is looked for in what the session said: the newest that names the path and has no answer yet.
 */
export const pendingPatch: (entries: readonly TranscriptEntry[] | undefined, path: string) => string | null = memoLast(
  ([entries, path]: [readonly TranscriptEntry[] | undefined, string]) => {
    const answered = new Set<string>();
    for (let index = (entries?.length ?? 0) - 1; index >= 0; index -= 1) {
      const entry = entries?.[index];
      if (entry?.kind === 'tool_completed' || entry?.kind === 'decision') answered.add(entry.toolCallId);
      if (entry?.kind !== 'tool_requested' || answered.has(entry.toolCallId)) continue;
      const patch = patchOf(entry.input, path);
      if (patch !== null) return patch;
    }
    return null;
  },
);

function patchOf(input: unknown, path: string): string | null {
  if (typeof input !== 'object' || input === null) return null;
  const { file_path: file, content, edits, ...rest } = input as Input;
  if (typeof file !== 'string' || !(file === path || file.endsWith(`/${path}`))) return null;
  if (typeof content === 'string') return patch(path, '', content);
  const all = Array.isArray(edits) ? (edits as readonly Input[]) : [rest];
  const made = all.map(({ old_string: before, new_string: after }) =>
    typeof before === 'string' && typeof after === 'string' ? patch(path, before, after) : null,
  );
  return made.includes(null) ? null : made.join('');
}

function patch(path: string, before: string, after: string): string | null {
  if (before.length + after.length > mostCharacters) return null;
  return createTwoFilesPatch(path, path, before, after, undefined, undefined, { context: 3 });
}
