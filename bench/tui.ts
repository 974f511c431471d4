/*
 * How quickly the terminal answers, measured from outside at a real pty: key → frame and event → frame with 50 agents that
 * each say 200 lines a second over 2,000 tasks, with the engine in the same process and over the socket; what it writes meanwhile
 * and when nothing happens; beside it, in the same run, what a bare Ink counter takes; and how long a start takes.
 * `--quick`: a fifth of the keys. `--start`, `--together`, `--attached`: this alone.
 */
import { loadavg } from 'node:os';
import { formatTable, milliseconds, quantile } from './table.ts';
import { type Load, type Measured, measure } from './tui/arrangement.ts';
import { measureStarts, type Started } from './tui/start.ts';

const starts = 7;
/** Rows are compared from one piece of output to the next: what changed there and back in between counts as unchanged. */
const sameAgain = 0.02;
const bounds = { firstFrame: 600, key: 16, streamingEvent: 120, quietEvent: 50 } as const;

export async function run(args: readonly string[]): Promise<boolean> {
  const load: Load = { tasks: 2_000, agents: 50, linesPerSecond: 200, share: args.includes('--quick') ? 0.2 : 1 };
  const profile = args.find((arg) => arg.startsWith('--cpu-prof-dir='));
  const parts = ['start', 'together', 'attached'] as const;
  const asked = parts.filter((part) => args.includes(`--${part}`));
  let held = true;
  for (const part of asked.length > 0 ? asked : parts) {
    const before = loadavg()[0] ?? 0;
    if (part === 'start') {
      for (const verb of ['start', 'attach'] as const)
        for (const tasks of [0, load.tasks])
          held =
            reportStarts(
              `${verb} over ${tasks.toLocaleString('en')} known tasks`,
              await measureStarts({ verb, tasks, starts }),
            ) && held;
    } else {
      const measured = await measure(part, load, profile ? ['--cpu-prof', profile] : []);
      held = report(part, measured, load) && held;
    }
    console.log(
      `load average ${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after, its own processes included\n`,
    );
  }
  return held;
}

/** From node's exec, warm: the whole time, and what the process computed meanwhile. */
function reportStarts(title: string, all: readonly Started[]): boolean {
  const firstFrame = quantile(
    all.map(({ firstFrameMs }) => firstFrameMs),
    0.5,
  );
  const median = (of: (one: Started) => number) => milliseconds(quantile(all.map(of), 0.5));
  console.log(
    formatTable(
      [title, 'n', 'p50', 'computing', 'bound'],
      [
        [
          'first frame',
          String(all.length),
          median((one) => one.firstFrameMs),
          median((one) => one.firstFrameCpuMs),
          `≤ ${bounds.firstFrame} ms`,
        ],
        [
          'dashboard with all tasks',
          String(all.length),
          median((one) => one.dashboardMs),
          median((one) => one.dashboardCpuMs),
          '',
        ],
      ],
    ),
  );
  return firstFrame <= bounds.firstFrame;
}

function report(arrangement: string, measured: Measured, load: Load): boolean {
  const { counter, quietCounter, events, quietEvents, written } = measured;
  const all = [...measured.keys.values()].flat();
  const row = (name: string, took: readonly number[], beside: readonly number[] | null, bound: number | null): string[] => [
    name,
    String(took.length),
    milliseconds(quantile(took, 0.5)),
    milliseconds(quantile(took, 0.99)),
    beside ? `${(quantile(took, 0.5) / quantile(beside, 0.5)).toFixed(1)}×` : '',
    beside ? `${(quantile(took, 0.99) / quantile(beside, 0.99)).toFixed(1)}×` : '',
    bound === null ? '' : quantile(took, 0.99) <= bound ? `≤ ${bound} ms` : `MISSED ${bound} ms`,
  ];
  console.log(
    `${arrangement === 'together' ? 'engine and screen in one process' : 'attach over the socket'}: ${load.agents} agents × ${load.linesPerSecond} lines/s (${Math.round(measured.linesThrough).toLocaleString('en')} lines/s came through), ${load.tasks.toLocaleString('en')} tasks, 200×50`,
  );
  console.log(
    formatTable(
      ['', 'n', 'p50', 'p99', 'p50 / counter', 'p99 / counter', 'bound on p99'],
      [
        row('key → frame, all', all, counter, bounds.key),
        ...[...measured.keys].map(([name, took]) => row(`  ${name}`, took, counter, null)),
        row('bare Ink counter, meanwhile', counter, null, null),
        row('bare Ink counter, nothing running', quietCounter, null, null),
        row('event → frame, streaming', events, null, bounds.streamingEvent),
        row('event → frame, nothing running', quietEvents, null, bounds.quietEvent),
      ],
    ),
  );
  console.log(
    [
      `unchanged terminal: ${measured.idleBytes} bytes in 10 s`,
      `streaming: ${Math.round(written.bytesPerSecond / 1_000)} kB/s in ${written.framesPerSecond.toFixed(1)} frames/s; of ${written.rows} rows written ${written.unchanged} looked as before; ${written.whole} frames wrote every row`,
      `resize there and back: ${measured.resizeBytes} bytes`,
      `first start over ${load.tasks} new issues (filled through the forge's REST interface in ${(measured.filledMs / 1_000).toFixed(1)} s): first frame ${Math.round(measured.firstFrameMs)} ms, all tasks ${Math.round(measured.dashboardMs)} ms; ${load.agents} agents dispatched one by one: all talk after ${(measured.talkingMs / 1_000).toFixed(1)} s`,
    ].join('\n'),
  );
  return (
    quantile(all, 0.99) <= bounds.key &&
    quantile(events, 0.99) <= bounds.streamingEvent &&
    quantile(quietEvents, 0.99) <= bounds.quietEvent &&
    measured.idleBytes === 0 &&
    written.whole === 0 &&
    written.unchanged <= written.rows * sameAgain
  );
}
