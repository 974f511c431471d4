import type { Engine, EventPage, Id, StoredEvent } from '@decree/contracts';
import type { Details, Fetched, Paged, TuiState } from './state.ts';
import type { DetailKey } from './wanted.ts';

/** Where something is fetched from and where it stands in the state. */
export interface DetailSource {
  read(state: TuiState): Fetched<unknown> | Paged<unknown> | undefined;
  /** Undefined takes it out again. */
  write(state: TuiState, fetched: Fetched<unknown> | undefined): TuiState;
  /** Asks anew, or for what comes after what is there. */
  fetch(before: Fetched<unknown> | undefined, more: boolean): Promise<{ value: unknown; more?: boolean }>;
}

const pageSize = 100;
/** Closed tasks are listed by their age, and shown by when they were closed: enough that both are mostly the same. */
const mostClosed = 100;
const mostRows = 2_000;
/** Of the list of events; older ones are in the ledger. */
export const mostEvents = 5_000;

/** By the first part of its key. */
export function detailSource(engine: Engine, key: DetailKey): DetailSource {
  const at = key.indexOf(':');
  const [kind, id] = at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)];
  switch (kind) {
    case 'issue':
      return inDetails('issues', id, async () => ({ value: await engine.query('getIssue', { issue: Number(id) }) }));
    case 'pull':
      return inDetails('pulls', id, async () => ({ value: await engine.query('getPull', { pull: Number(id) }) }));
    case 'run':
      return inDetails('runs', id, async () => ({ value: await engine.query('getRun', { runId: id }) }));
    case 'taskRuns':
      return inDetails(
        'taskRuns',
        id,
        newestFirst((after) => engine.query('listRuns', { taskId: id, limit: pageSize, after })),
      );
    case 'taskEvents':
      return inDetails(
        'taskEvents',
        id,
        readingOn((after) => engine.query('listEvents', { taskId: id, limit: 500, after })),
      );
    case 'decisions': {
      const decided = (after: string | undefined) =>
        engine.query('listEvents', { runId: id, type: 'policy.decided', limit: 500, after });
      return inDetails('decisions', id, readingOn(decided));
    }
    case 'closed':
      return inState('closedPages', async () => {
        const { items } = await engine.query('listTasks', { state: 'closed', kind: 'implement', limit: mostClosed });
        return { value: items, more: false };
      });
    case 'runs':
      return inState(
        'runPages',
        newestFirst((after) => engine.query('listRuns', { limit: pageSize, after })),
      );
    case 'operations':
      return inState(
        'operationPages',
        newestFirst((after) => engine.query('listOperations', { limit: pageSize, after })),
      );
    case 'approvals':
      return inState(
        'approvalPages',
        whole((after) => engine.query('listApprovals', { state: 'all', newest: true, limit: pageSize, after }), pageSize),
      );
    case 'worktrees':
      return inState(
        'worktreePages',
        whole((after) => engine.query('listWorktrees', { limit: 500, after }), mostRows),
      );
    case 'events':
      return inState(
        'eventPages',
        readingBack((before) => engine.query('listEvents', { newest: true, limit: 200, before })),
      );
    default:
      throw new Error(`there is nothing to fetch by the name ${key}`);
  }
}

type Fetch = DetailSource['fetch'];

function inDetails(name: keyof Details, id: string, fetch: Fetch): DetailSource {
  return {
    fetch,
    read: ({ details }) =>
      Object.hasOwn(details[name], id) ? (details[name] as Record<string, Fetched<unknown>>)[id] : undefined,
    write(state, fetched) {
      const { [id]: _before, ...others } = state.details[name] as Record<string, Fetched<unknown>>;
      const rows = fetched === undefined ? others : { ...others, [id]: fetched };
      return { ...state, details: { ...state.details, [name]: rows } };
    },
  };
}

function inState(
  name: 'closedPages' | 'runPages' | 'approvalPages' | 'eventPages' | 'worktreePages' | 'operationPages',
  fetch: Fetch,
): DetailSource {
  return {
    fetch,
    read: (state) => state[name],
    write: (state, fetched) => (fetched === undefined ? state : { ...state, [name]: fetched }),
  };
}

interface Page<T> {
  items: readonly T[];
  next?: string | undefined;
}
type Ask<T> = (after: string | undefined) => Promise<Page<T>>;
const listOf = <T>(before: Fetched<unknown> | undefined): readonly T[] => (before?.value ?? []) as readonly T[];

/** New ones come at the front, so asking anew is asking for the first page; older ones that were fetched stay behind it. */
function newestFirst<T extends { id: Id }>(ask: Ask<T>): Fetch {
  let end: string | undefined;
  return async (before, more) => {
    const old = listOf<T>(before);
    if (more && old.length > 0) {
      if (end === undefined || old.length >= mostRows) return { value: old, more: false };
      const page = await ask(end);
      end = page.next;
      return { value: joined(old, page.items), more: end !== undefined };
    }
    const page = await ask(undefined);
    const overlaps = page.items.some(({ id }) => old.some((row) => row.id === id));
    if (!overlaps || old.length <= page.items.length) {
      end = page.next;
      return { value: page.items, more: end !== undefined };
    }
    return { value: joined(page.items, old).slice(0, mostRows), more: end !== undefined };
  };
}

/** Only grows at its end: asking anew is reading on from the last. */
function readingOn(ask: Ask<StoredEvent>): Fetch {
  return async (before, more) => {
    let value = listOf<StoredEvent>(before);
    const most = more ? value.length + mostRows : Math.max(mostRows, value.length);
    for (;;) {
      const page = await ask(value.at(-1)?.cursor);
      value = joined(value, page.items);
      if (page.next === undefined) return { value, more: false };
      if (value.length >= most) return { value, more: true };
    }
  };
}

/** The newest in front: asking anew is asking for the newest page, and more is what comes before the last one. */
function readingBack(ask: (before: string | undefined) => Promise<EventPage>): Fetch {
  return async (before, more) => {
    const old = listOf<StoredEvent>(before);
    const page = await ask(more ? old.at(-1)?.cursor : undefined);
    const items = page.items.toReversed();
    if (more) return limited(joined(old, items), page.previous !== undefined);
    const known = new Set(old.map(({ id }) => id));
    // Between a page that does not reach back to what is there and that, some are missing.
    if (!items.some(({ id }) => known.has(id))) return limited(items, page.previous !== undefined);
    return limited(joined(items, old), (before as Paged<StoredEvent>).more);
  };
}

const limited = (value: readonly StoredEvent[], more: boolean) => ({
  value: value.slice(0, mostEvents),
  more: more && value.length < mostEvents,
});

/** Any row may have changed: all that is there is read anew, at first `least`. */
function whole<T>(ask: Ask<T>, least: number): Fetch {
  return async (before, more) => {
    const most = more ? listOf(before).length + least : Math.max(least, listOf(before).length);
    const value: T[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await ask(after);
      value.push(...page.items);
      after = page.next;
      if (after === undefined || value.length >= most) return { value, more: after !== undefined };
    }
  };
}

/** Both, in order, each row once: what stands in the first wins. */
export function joined<T extends { id: Id }>(first: readonly T[], second: readonly T[]): readonly T[] {
  if (first.length === 0) return second;
  const known = new Set(first.map(({ id }) => id));
  const others = second.filter(({ id }) => !known.has(id));
  return others.length === 0 ? first : [...first, ...others];
}
