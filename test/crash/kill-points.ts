import type { ArtifactKind, EventType } from '@decree/contracts';

/** Where a life of the demo is ended by kill -9. The first four are hit from inside, the others come from outside. */
export type KillPoint =
  /** Right after the commit that holds the `nth` event of this type in this life is durable. */
  | { at: 'event'; type: EventType; nth: number }
  /** A write to the forge is about to be sent. */
  | { at: 'before-write'; path: string; nth: number }
  /** The forge has done a write; nobody has heard the answer. */
  | { at: 'after-write'; path: string; nth: number }
  /** What an agent made is there (pushed, posted), and its record as an artifact is about to be written. */
  | { at: 'before-record'; artifact: ArtifactKind; nth: number }
  /** The engine's process alone; its agents live on without it. */
  | { at: 'engine'; afterMs: number }
  /** The engine and every process of its agents. */
  | { at: 'tree'; afterMs: number }
  /** One agent; the engine has to go on, so the life does too. */
  | { at: 'agent'; afterMs: number };

export type InnerPoint = Extract<KillPoint, { nth: number }>;
export type OuterPoint = Exclude<KillPoint, InnerPoint>;
export const isInner = (point: KillPoint): point is InnerPoint => 'nth' in point;

export function describe(point: KillPoint): string {
  switch (point.at) {
    case 'event':
      return `after ${point.type}${point.nth > 1 ? ` no. ${point.nth}` : ''} is durable`;
    case 'before-record':
      return `before the ${point.artifact} is recorded${point.nth > 1 ? ` (no. ${point.nth})` : ''}`;
    case 'before-write':
    case 'after-write':
      return `${point.at === 'before-write' ? 'before' : 'after'} the write ${point.path}${point.nth > 1 ? ` no. ${point.nth}` : ''}`;
    default:
      return `${point.at} ${point.afterMs} ms after the engine is ready`;
  }
}

/** Events of the demo's story; those that only some lives see (a warning, a parked run) come where they come. */
const eventTypes: readonly EventType[] = [
  'task.created',
  'task.closed',
  'task.status_set',
  'task.planned',
  'task.followed_up',
  'run.queued',
  'run.started',
  'run.workspace_ready',
  'run.session_started',
  'run.waiting',
  'run.resumed',
  'run.requeued',
  'run.used',
  'run.succeeded',
  'run.failed',
  'policy.decided',
  'policy.approval_requested',
  'policy.approval_decided',
  'policy.granted',
  'artifact.recorded',
  'source.issue_changed',
  'source.issue_removed',
  'source.spec_changed',
  'source.pull_changed',
  'source.pull_removed',
  'system.engine_started',
  'system.effect_started',
  'system.effect_finished',
];

/** Every kind of write: `POST /issues`, `PUT /issues/N/labels`, a push, … with numbers left out. */
export const writes = [
  'POST /issues',
  'PUT /issues/N/labels',
  'POST /pulls',
  'POST /pulls/N/reviews',
  'PUT /pulls/N/merge',
] as const;

const recorded: readonly ArtifactKind[] = ['issue', 'commit', 'commit', 'pull_request', 'review', 'salvage'];

/** A method and a path below the repository, its numbers made the same, so that it can be named before it is known. */
export function nameWrite(method: string, url: string): string {
  const path = new URL(url).pathname.replace(/^.*?\/repos\/[^/]+\/[^/]+/, '');
  return `${method} ${path.replace(/\/\d+(?=\/|$)/g, '/N')}`;
}

/** `times` kill points; the same seed gives the same ones. */
export function choosePoints(seed: number, times: number): KillPoint[] {
  const next = numbers(seed);
  const among = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  return Array.from({ length: times }, (): KillPoint => {
    const nth = 1 + Math.floor(next() ** 2 * 4);
    const afterMs = 200 + Math.floor(next() * 5_000);
    const kind = next();
    if (kind < 0.36) return { at: 'event', type: among(eventTypes), nth };
    if (kind < 0.45) return { at: 'before-record', artifact: among(recorded), nth: 1 };
    if (kind < 0.57) return { at: 'before-write', path: among(writes), nth: 1 };
    if (kind < 0.72) return { at: 'after-write', path: among(writes), nth: 1 };
    if (kind < 0.82) return { at: 'engine', afterMs };
    return kind < 0.92 ? { at: 'tree', afterMs } : { at: 'agent', afterMs };
  });
}

/** Mulberry32: small, and the same everywhere. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
