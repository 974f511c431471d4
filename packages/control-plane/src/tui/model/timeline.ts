import { isLive, isTransition, type Run, type StoredEvent } from '@decree/contracts';
import type { Line, Span, Tone } from '../text/line.ts';
import { msOf } from './format.ts';

/** What a run did in a stretch of time; each has a glyph of its own, so that colour is not needed. */
export const segmentKinds = {
  queued: { glyph: '·', tone: 'dim', meaning: 'queued' },
  running: { glyph: '█', tone: 'info', meaning: 'at work' },
  waiting: { glyph: '▒', tone: 'warning', meaning: 'waits for you' },
  parked: { glyph: '░', tone: 'dim', meaning: 'parked' },
} as const satisfies Record<string, { glyph: string; tone: Tone; meaning: string }>;
export type SegmentKind = keyof typeof segmentKinds;

export interface Segment {
  readonly kind: SegmentKind;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A run as stretches of time, without gaps, and when it was queued again. */
export interface RunBar {
  readonly run: Run;
  readonly segments: readonly Segment[];
  readonly retriesMs: readonly number[];
}

const kindAfter: Readonly<Record<string, SegmentKind>> = {
  'run.started': 'running',
  'run.waiting': 'waiting',
  'run.parked': 'parked',
  'run.resumed': 'running',
  'run.requeued': 'queued',
};

/** The runs as bars, oldest first. Without its events a run is drawn from what its row says. */
export function runBars(runs: readonly Run[], events: readonly StoredEvent[], nowMs: number): readonly RunBar[] {
  const byRun = new Map<string, StoredEvent[]>();
  for (const event of events)
    if (event.runId !== null && isTransition(event.type)) {
      const list = byRun.get(event.runId);
      if (list) list.push(event);
      else byRun.set(event.runId, [event]);
    }
  return [...runs]
    .sort((a, b) => msOf(a.queuedAt) - msOf(b.queuedAt) || (a.id < b.id ? -1 : 1))
    .map((run) => barOf(run, byRun.get(run.id) ?? guessed(run), nowMs));
}

type Step = Pick<StoredEvent, 'type' | 'occurredAt'>;

function guessed(run: Run): readonly Step[] {
  return [
    ...(run.startedAt ? [{ type: 'run.started' as const, occurredAt: run.startedAt }] : []),
    ...(run.state === 'waiting_approval' ? [{ type: 'run.waiting' as const, occurredAt: run.waitingSince }] : []),
  ];
}

function barOf(run: Run, steps: readonly Step[], nowMs: number): RunBar {
  const segments: Segment[] = [];
  const retriesMs: number[] = [];
  const end = isLive(run) ? Math.max(nowMs, msOf(run.queuedAt)) : msOf(run.endedAt);
  let kind: SegmentKind = 'queued';
  let fromMs = msOf(run.queuedAt);
  for (const { type, occurredAt } of steps) {
    const next = kindAfter[type];
    if (!next) continue;
    // A clock that was set back must not turn a bar round.
    const at = Math.min(end, Math.max(fromMs, msOf(occurredAt)));
    segments.push({ kind, fromMs, toMs: at });
    if (type === 'run.requeued') retriesMs.push(at);
    kind = next;
    fromMs = at;
  }
  segments.push({ kind, fromMs, toMs: Math.max(fromMs, end) });
  // A run that was over within its millisecond still shows how it ended.
  const lasting = segments.filter((segment) => segment.toMs > segment.fromMs);
  return { run, segments: lasting.length > 0 ? lasting : segments.slice(-1), retriesMs };
}

/** Where a time stands among the columns. Long stretches in which nothing ran take one column each. */
export interface Scale {
  readonly columns: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Columns that stand for a stretch in which nothing ran. */
  readonly gaps: readonly number[];
  /** From 0 to `columns`: the edge before a column. */
  at(ms: number): number;
}

/** A stretch without any run is left out when it is longer than this part of what ran. */
const longGap = 0.25;

/** The scale on which these bars fit into so many columns. */
export function scaleOf(bars: readonly RunBar[], columns: number): Scale {
  const spans = bars
    .flatMap(({ segments }) => segments.map(({ fromMs, toMs }) => ({ fromMs, toMs })))
    .sort((a, b) => a.fromMs - b.fromMs);
  const total = Math.max(
    1,
    spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
  );
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of spans) {
    const last = stretches.at(-1);
    if (last && fromMs - last.toMs <= total * longGap) last.toMs = Math.max(last.toMs, toMs);
    else stretches.push({ fromMs, toMs });
  }
  // Every stretch needs a column: where there are too many, gaps are drawn to scale.
  if (stretches.length * 2 > columns) stretches.splice(0, stretches.length, ...oneStretch(stretches));
  const room = Math.max(1, columns - (stretches.length - 1));
  const active = Math.max(
    1,
    stretches.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
  );
  const starts: number[] = [];
  let before = 0;
  for (const [index, { fromMs, toMs }] of stretches.entries()) {
    starts.push(Math.floor((before / active) * room) + index);
    before += toMs - fromMs;
  }
  return {
    columns,
    fromMs: stretches[0]?.fromMs ?? 0,
    toMs: stretches.at(-1)?.toMs ?? 0,
    gaps: starts.slice(1).map((start) => start - 1),
    at(ms) {
      const found = stretches.findLastIndex(({ fromMs }) => fromMs <= ms);
      const index = Math.max(0, found);
      const stretch = stretches[index];
      if (!stretch) return 0;
      const passed = Math.min(Math.max(0, ms - stretch.fromMs), stretch.toMs - stretch.fromMs);
      return Math.min(columns, (starts[index] ?? 0) + Math.floor((passed / active) * room));
    },
  };
}

const oneStretch = (stretches: readonly { fromMs: number; toMs: number }[]) => [
  { fromMs: stretches[0]?.fromMs ?? 0, toMs: stretches.at(-1)?.toMs ?? 0 },
];

/** A run's bar, exactly `scale.columns` wide: a glyph for each stretch, `↻` where it was queued again, `┆` where nothing ran. */
export function barLine({ segments, retriesMs }: RunBar, scale: Scale): Line {
  const cells: { glyph: string; tone: Tone }[] = Array.from({ length: scale.columns }, () => ({ glyph: ' ', tone: 'normal' }));
  for (const gap of scale.gaps) cells[gap] = { glyph: '┆', tone: 'dim' };
  for (const { kind, fromMs, toMs } of segments) {
    const { glyph, tone } = segmentKinds[kind];
    const from = Math.min(scale.columns - 1, scale.at(fromMs));
    // What was is seen, however short: a column at least.
    for (let column = from; column <= Math.max(from, scale.at(toMs) - 1); column += 1) cells[column] = { glyph, tone };
  }
  for (const retry of retriesMs) cells[Math.min(scale.columns - 1, scale.at(retry))] = { glyph: '↻', tone: 'warning' };
  return joined(cells);
}

function joined(cells: readonly { glyph: string; tone: Tone }[]): Line {
  const spans: { text: string; tone: Tone }[] = [];
  for (const { glyph, tone } of cells) {
    const last = spans.at(-1);
    if (last?.tone === tone) last.text += glyph;
    else spans.push({ text: glyph, tone });
  }
  return spans;
}

/** What the glyphs mean, for those that are there. */
export function legend(bars: readonly RunBar[], scale: Scale): Line {
  const kinds = new Set(bars.flatMap(({ segments }) => segments.map(({ kind }) => kind)));
  const parts: Span[] = (Object.keys(segmentKinds) as SegmentKind[])
    .filter((kind) => kinds.has(kind))
    .flatMap((kind) => [
      { text: segmentKinds[kind].glyph, tone: segmentKinds[kind].tone },
      { text: ` ${segmentKinds[kind].meaning}   `, tone: 'dim' as const },
    ]);
  if (bars.some(({ retriesMs }) => retriesMs.length > 0))
    parts.push({ text: '↻', tone: 'warning' }, { text: ' queued again   ', tone: 'dim' });
  if (scale.gaps.length > 0) parts.push({ text: '┆ nothing ran', tone: 'dim' });
  return parts;
}
