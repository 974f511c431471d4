import { type Event, type SpecSighting, specKey } from '@decree/contracts';
import { type Frontmatter, readStatus } from './frontmatter.ts';
import type { Look, LookOptions } from './sensor.ts';

export interface SpecsOptions extends LookOptions {
  /** Where the specs are, below the repository's root, e.g. `docs/specs`. */
  directory: string;
  /** The default branch. */
  branch: string;
  /** Before each look; the local forge takes in what the person committed. */
  beforeLook: () => Promise<void>;
}

/** Above this a spec is not read: nothing that an agent could be given whole. */
const maxSpecBytes = 1024 * 1024;

/** Specs on the default branch, by the API, not the local disk. Files whose blob changed are read; all changes of one look share a root. */
export function createSpecsLook(options: SpecsOptions): Look {
  const { forge, ledger, record, repositoryId } = options;
  let version: string | undefined;

  return async (signal) => {
    await options.beforeLook();
    const answer = await forge.directoryTree(options.directory, options.branch, { signal, ...(version && { known: version }) });
    if (!answer.changed && version !== undefined) return;
    const { state } = await ledger.openState();
    const known = new Map(Object.values(state.specs).map((spec) => [spec.path, spec]));
    const files = answer.value.files.filter((file) => file.path.endsWith('.md'));
    const correlationId = options.random.uuidv7();
    const events: Event[] = [];
    for (const file of files) {
      const before = known.get(file.path);
      if (before?.blobSha !== file.sha) events.push(...(await changeOf(file, before ?? null, correlationId, signal)));
    }
    const paths = new Set(files.map((file) => file.path));
    for (const spec of known.values()) {
      if (spec.repositoryId !== repositoryId || paths.has(spec.path)) continue;
      events.push(record('source.spec_removed', { path: spec.path }, { repositoryId, correlationId: spec.correlationId }));
    }
    // All at once: the Planner is given what one look has seen as one batch.
    if (events.length > 0) await ledger.commit({ events });
    version = answer.version;
  };

  async function changeOf(
    file: { path: string; sha: string; size: number },
    before: SpecSighting | null,
    correlationId: string,
    signal: AbortSignal,
  ): Promise<Event[]> {
    const about = { repositoryId, correlationId };
    const commit = await forge.lastCommit(file.path, options.branch, { signal });
    const read =
      file.size > maxSpecBytes
        ? { ok: false as const, problem: `it has ${file.size} bytes; a spec may have ${maxSpecBytes}` }
        : readSpec((await forge.readBlob(file.sha, { signal })).text);
    const spec: SpecSighting = {
      repositoryId,
      path: file.path,
      status: read.ok ? read.status : null,
      blobSha: file.sha,
      commitSha: commit?.sha ?? file.sha,
      correlationId,
      seenAt: options.clock.now(),
      plannedBlobSha: before?.plannedBlobSha ?? null,
      plannedCommitSha: before?.plannedCommitSha ?? null,
    };
    const changed = record('source.spec_changed', { spec, change: before ? 'modified' : 'added' }, about);
    if (read.ok) return [changed];
    return [
      changed,
      record(
        'system.warned',
        { code: 'spec_unreadable', message: `${specKey(repositoryId, file.path)}: ${read.problem}` },
        about,
      ),
    ];
  }
}

/** UTF-16 without a mark is valid UTF-8 full of NULs; an agent could read neither. */
const readSpec = (text: string | null): Frontmatter =>
  text === null || text.includes('\0')
    ? { ok: false, problem: 'it is not UTF-8 text; save it as UTF-8 and commit it' }
    : readStatus(text);
