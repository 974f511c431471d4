/** One arrangement of engine and screen, measured from its start to its end. */
import { fileURLToPath } from 'node:url';
import { measureEvents } from './events.ts';
import { type Written, watchFrames } from './frames.ts';
import { keySeries, pause, press, take } from './keys.ts';
import { openWatchedPty, type WatchedPty } from './watched-pty.ts';
import { makeWorld, screenSize, type World } from './world.ts';

const counter = fileURLToPath(new URL('counter.ts', import.meta.url));

export interface Load {
  readonly tasks: number;
  readonly agents: number;
  readonly linesPerSecond: number;
  /** Of the number of keys and events; less than 1 for a quick look. */
  readonly share: number;
}

export interface Measured {
  readonly filledMs: number;
  /** The first start, in which all tasks are new: until the first frame, and until all tasks are shown. */
  readonly firstFrameMs: number;
  readonly dashboardMs: number;
  readonly idleBytes: number;
  readonly quietEvents: readonly number[];
  readonly keys: ReadonlyMap<string, readonly number[]>;
  readonly counter: readonly number[];
  readonly quietCounter: readonly number[];
  readonly events: readonly number[];
  readonly written: Written;
  readonly linesThrough: number;
  readonly resizeBytes: number;
  /** From the first dispatch until all agents talk. */
  readonly talkingMs: number;
}

/** `together`: engine and screen in one process; `attached`: the screen in another, over the socket. */
export async function measure(arrangement: 'together' | 'attached', load: Load, node: readonly string[] = []): Promise<Measured> {
  const world = makeWorld(load);
  try {
    return await measureIn(world, arrangement, load, node);
  } finally {
    await world.remove();
  }
}

async function measureIn(
  world: World,
  arrangement: 'together' | 'attached',
  load: Load,
  node: readonly string[],
): Promise<Measured> {
  const filledMs = await world.fill(load.tasks);
  if (arrangement === 'attached') {
    const engine = world.open(['--headless']);
    await engine.when(() => engine.rows().some((row) => row.includes('engine ready')), 'the engine', 120_000);
  }
  const began = performance.now();
  const pty = world.open(arrangement === 'attached' ? ['attach'] : [], screenSize, node);
  const firstFrameMs = (await pty.when(() => pty.rows().some((row) => row !== ''), 'the first frame')) - began;
  const all = new RegExp(`! ${load.tasks} need you`);
  const dashboardMs = (await pty.when(() => all.test(pty.row(0)), 'all tasks', 120_000)) - began;
  const connected = await world.connect();

  await quiet(pty);
  const idleBytes = await bytesIn(pty, 10_000);
  const quietEvents = await measureEvents(pty, connected, Math.ceil(60 * load.share));
  const bare = openWatchedPty({
    args: [counter],
    cwd: world.directory,
    env: { ...world.env, NODE_ENV: 'production' },
    ...screenSize,
  });
  try {
    await bare.when(() => bare.row(0).startsWith('count'), 'the counter');
    const quietCounter = await count(bare, Math.ceil(200 * load.share));

    const dispatchedAt = performance.now();
    for (let issue = 1; issue <= load.agents; issue += 1) await connected.command('task.dispatch', { task: `#${issue}` });
    const running = new RegExp(`▶ ${load.agents}/${load.agents} running`);
    await pty.when(() => running.test(pty.row(0)), 'all agents at work', 120_000);
    for (const end = performance.now() + 300_000; world.talking() < load.agents; ) {
      if (performance.now() > end) throw new Error(`only ${world.talking()} agents ever said anything`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const talkingMs = performance.now() - dispatchedAt;
    pty.type('G');
    await pty.when(() => pty.rows().some((row) => /L\d{7}/.test(row)), 'what an agent says');

    const saidBefore = world.saidBytes();
    const saidAt = performance.now();
    const keys = new Map<string, number[]>();
    const bareCounts: number[] = [];
    for (const series of keySeries) {
      const took: number[] = [];
      keys.set(series.name, took);
      await take(pty, series.before);
      for (let index = 0; index < Math.ceil(series.count * load.share); index += 1) {
        took.push(await press(pty, series.key(index), () => series.sign(pty, index)));
        await pause();
        await take(pty, series.between?.(index));
        bareCounts.push(...(await count(bare, 1)));
      }
      await take(pty, series.after);
    }
    const events = await measureEvents(pty, connected, Math.ceil(60 * load.share));
    const linesThrough = (world.saidBytes() - saidBefore) / world.bytesPerLine() / ((performance.now() - saidAt) / 1_000);
    const written = await watchFrames(pty, { ms: 10_000, rows: screenSize.rows });
    const resizeBytes = await resize(pty);
    // A profile is written by a process that ends by itself.
    if (node.length > 0) {
      pty.kill('SIGTERM');
      await pty.ended;
    }
    return {
      filledMs,
      firstFrameMs,
      dashboardMs,
      idleBytes,
      quietEvents,
      keys,
      counter: bareCounts,
      quietCounter,
      events,
      written,
      linesThrough,
      resizeBytes,
      talkingMs,
    };
  } finally {
    bare.kill('SIGKILL');
    await bare.ended;
  }
}

async function count(bare: WatchedPty, presses: number): Promise<number[]> {
  const took: number[] = [];
  for (let index = 0; index < presses; index += 1) {
    took.push(await press(bare, 'x', () => bare.row(0)));
    await pause();
  }
  return took;
}

/** What is drawn at one other size and back. */
async function resize(pty: WatchedPty): Promise<number> {
  const before = pty.bytes();
  pty.resize(screenSize.columns - 20, screenSize.rows - 4);
  await pty.when(() => pty.row(screenSize.rows - 5).includes('quit'), 'the keys in the last row of the smaller screen');
  pty.resize(screenSize.columns, screenSize.rows);
  await pty.when(() => pty.row(screenSize.rows - 1).includes('quit'), 'the keys in the last row');
  return pty.bytes() - before;
}

/** Resolves when nothing has been written for 3 s. */
async function quiet(pty: WatchedPty): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) if ((await bytesIn(pty, 3_000)) === 0) return;
  throw new Error(`the terminal never falls silent:\n${pty.rows().join('\n')}`);
}

async function bytesIn(pty: WatchedPty, ms: number): Promise<number> {
  const before = pty.bytes();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return pty.bytes() - before;
}
