import type { ArtifactKind, EventType } from '@decree/contracts';

/** Where a life of the demo is ended by kill -9. Those that count to `nth` in a life are hit from inside, the others come from outside. */
export type KillPoint =
  /** Right after the commit that holds the `nth` event of this type in this life is durable. */
  | { at: 'event'; type: EventType; nth: number }
  /** The intent to do something of this kind outside is durable; nothing is done yet. */
  | { at: 'before-effect'; kind: string; nth: number }
  /** It is done outside, and its record is about to be written. */
  | { at: 'after-effect'; kind: string; nth: number }
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
    case 'before-effect':
    case 'after-effect':
      return `${point.at === 'before-effect' ? 'between the intent and the effect' : 'between the effect and the record'} of ${point.kind}${point.nth > 1 ? ` no. ${point.nth}` : ''}`;
    case 'before-record':
      return `before the ${point.artifact} is recorded${point.nth > 1 ? ` (no. ${point.nth})` : ''}`;
    case 'before-write':
    case 'after-write':
      return `${point.at === 'before-write' ? 'before' : 'after'} the write ${point.path}${point.nth > 1 ? ` no. ${point.nth}` : ''}`;
    default:
      return `${point.at} ${point.afterMs} ms after the engine is ready`;
  }
}

/** A method and a path below the repository, its numbers made the same, so that it can be named before it is known. */
export function nameWrite(method: string, url: string): string {
  const path = new URL(url).pathname.replace(/^.*?\/repos\/[^/]+\/[^/]+/, '');
  return `${method} ${path.replace(/\/\d+(?=\/|$)/g, '/N')}`;
}

/** What a life of the demo writes and does when nothing disturbs it. */
export interface Story {
  events: readonly EventType[];
  /** Kinds of what is done outside by intent, effect and record. */
  effects: readonly string[];
  /** Writes to the forge, `PUT /issues/N/labels`, that are done without intent and record, since they may be done again. */
  writes: readonly string[];
  /** What is recorded by itself, and not by the end of an effect outside. */
  artifacts: readonly ArtifactKind[];
}

/** After each event, before and after whatever is done outside, before whatever is recorded of it. */
export const pointsOf = ({ events, effects, writes, artifacts }: Story): InnerPoint[] => [
  ...events.map((type): InnerPoint => ({ at: 'event', type, nth: 1 })),
  ...effects.flatMap((kind): InnerPoint[] => [
    { at: 'before-effect', kind, nth: 1 },
    { at: 'after-effect', kind, nth: 1 },
  ]),
  ...writes.flatMap((path): InnerPoint[] => [
    { at: 'before-write', path, nth: 1 },
    { at: 'after-write', path, nth: 1 },
  ]),
  ...artifacts.map((artifact): InnerPoint => ({ at: 'before-record', artifact, nth: 1 })),
];

/** `times` kill points, two thirds of them among `inner`; the same seed gives the same ones. */
export function choosePoints(seed: number, times: number, inner: readonly InnerPoint[]): KillPoint[] {
  const next = numbers(seed);
  return Array.from({ length: times }, (): KillPoint => {
    const nth = 1 + Math.floor(next() ** 2 * 4);
    const point = inner[Math.floor(next() * inner.length)];
    const outer = chooseOuter(next);
    return next() < 0.7 && point ? { ...point, nth } : outer;
  });
}

/** One of the engine, an agent or all of them, at some time in its life. */
export function chooseOuter(next: () => number): OuterPoint {
  const afterMs = 200 + Math.floor(next() * 5_000);
  const at = (['engine', 'tree', 'agent'] as const)[Math.floor(next() * 3)] ?? 'tree';
  return { at, afterMs };
}

/** In another order; the same seed gives the same one. */
export function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Mulberry32: small, and the same everywhere. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
