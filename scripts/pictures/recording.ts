/** What a terminal showed and when, as an asciicast and as one moving picture. */
import { type Background, drawRow, picture } from './draw-rows.ts';
import type { CellRow, ScreenSize } from './screen-cells.ts';

export interface Frame {
  /** Since the recording began. */
  readonly atMs: number;
  readonly rows: readonly CellRow[];
}

export interface Output {
  readonly atMs: number;
  readonly data: string;
}

/** Nobody wants to watch a screen that stands still: longer pauses are cut to this, and the clip says nothing of the rest. */
export const longestPauseMs = 1500;
/** How long the last frame stays before the clip begins anew. */
const lastFrameMs = 3000;

/** asciicast v2, with its own times; its player cuts the pauses. */
export function asciicast(outputs: readonly Output[], { columns, rows }: ScreenSize, title: string): string {
  const head = {
    version: 2,
    width: columns,
    height: rows,
    title,
    idle_time_limit: longestPauseMs / 1000,
    env: { TERM: 'xterm-256color' },
  };
  const lines = outputs.map(({ atMs, data }) => JSON.stringify([Math.round(atMs) / 1000, 'o', data]));
  return `${[JSON.stringify(head), ...lines].join('\n')}\n`;
}

interface Shown {
  readonly drawn: string;
  /** From and to, in milliseconds of the clip. */
  readonly spans: [number, number][];
}

/**
 * Every row that ever stood somewhere is drawn once, and seen while it stood there. Readers who want no motion see the
 * last frame.
 */
export function movingPicture(frames: readonly Frame[], size: ScreenSize, background: Background, title: string): string {
  const { starts, totalMs } = clipTimes(frames);
  const shown = new Map<string, Shown>();
  frames.forEach((frame, at) => {
    const [from, to] = [starts[at] ?? 0, starts[at + 1] ?? totalMs];
    frame.rows.forEach((row, index) => {
      const drawn = drawRow(row, index, background);
      if (drawn === '') return;
      const before = shown.get(drawn);
      const last = before?.spans.at(-1);
      if (!before) shown.set(drawn, { drawn, spans: [[from, to]] });
      else if (last && last[1] === from) last[1] = to;
      else before.spans.push([from, to]);
    });
  });
  // Rows that are seen at the same times share one animation.
  const groups = new Map<string, { rows: string[]; spans: readonly [number, number][] }>();
  for (const { drawn, spans } of shown.values()) {
    const key = spans.join(';');
    const group = groups.get(key) ?? { rows: [], spans };
    group.rows.push(drawn);
    groups.set(key, group);
  }
  const styles: string[] = [
    `.a{animation:${Math.round(totalMs)}ms step-end infinite;visibility:hidden}`,
    '.l{visibility:visible}',
  ];
  const bodies: string[] = [];
  for (const [index, { rows, spans }] of [...groups.values()].entries()) {
    const always = spans.length === 1 && spans[0]?.[0] === 0 && spans[0][1] === totalMs;
    if (always) {
      bodies.push(...rows);
      continue;
    }
    const last = spans.at(-1)?.[1] === totalMs;
    styles.push(`@keyframes k${index}{${keyframes(spans, totalMs)}}#g${index}{animation-name:k${index}}`);
    bodies.push(`<g id="g${index}" class="a${last ? ' l' : ''}">${rows.join('')}</g>`);
  }
  styles.push('@media (prefers-reduced-motion:reduce){.a{animation:none}}');
  return picture(size, background, title, styles.join(''), bodies.join(''));
}

/** When each frame begins in the clip, with the pauses cut. */
export function clipTimes(frames: readonly Frame[]): { starts: number[]; totalMs: number } {
  const starts: number[] = [];
  let now = 0;
  frames.forEach(({ atMs }, at) => {
    const before = frames[at - 1];
    if (before) now += Math.min(atMs - before.atMs, longestPauseMs);
    starts.push(now);
  });
  return { starts, totalMs: now + lastFrameMs };
}

function keyframes(spans: readonly (readonly [number, number])[], totalMs: number): string {
  const percent = (ms: number): string => `${Math.round((ms / totalMs) * 100_000) / 1000}%`;
  const steps: string[] = [];
  if (spans[0]?.[0] !== 0) steps.push('0%{visibility:hidden}');
  for (const [from, to] of spans) {
    steps.push(`${percent(from)}{visibility:visible}`);
    if (to < totalMs) steps.push(`${percent(to)}{visibility:hidden}`);
  }
  return steps.join('');
}
