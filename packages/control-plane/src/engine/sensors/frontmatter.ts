import { parse } from 'yaml';
import { yamlProblem } from '../yaml-problem.ts';

/** Bytes of a spec that are looked at for its frontmatter. */
const maxFrontmatter = 64 * 1024;

export type Frontmatter = { ok: true; status: string | null } | { ok: false; problem: string };

/** The `status` in a spec's YAML frontmatter. No frontmatter, or none with a status: null. Broken YAML is said, and approves nothing. */
export function readStatus(text: string): Frontmatter {
  const head = text.slice(0, maxFrontmatter).replace(/^\uFEFF/, '');
  const opening = /^---[ \t]*\r?\n/.exec(head);
  if (!opening) return { ok: true, status: null };
  const closing = /^---[ \t]*\r?$/m.exec(head.slice(opening[0].length));
  if (!closing) return { ok: false, problem: `the frontmatter is not closed by a line of --- within ${maxFrontmatter} bytes` };
  const yaml = head.slice(opening[0].length, opening[0].length + closing.index);
  try {
    // No aliases: a small file must not become a large value.
    const value: unknown = parse(yaml, { maxAliasCount: 0, schema: 'core' });
    if (value === null || typeof value !== 'object')
      return { ok: false, problem: 'the frontmatter is not a map of keys and values' };
    const status = 'status' in value ? value.status : undefined;
    if (status === undefined || status === null) return { ok: true, status: null };
    if (typeof status !== 'string') return { ok: false, problem: `status: expected a word, got ${typeof status}` };
    return { ok: true, status: status.trim().slice(0, 100) };
  } catch (error) {
    return { ok: false, problem: `the frontmatter is not YAML: ${yamlProblem(error, 1)}` };
  }
}
