import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, Event } from '@decree/contracts';
import { createEventNames, eventLine } from '../../packages/control-plane/src/cli/event-line.ts';
import { systemClock } from '../../packages/control-plane/src/engine/system/index.ts';
import type { OpenControlPlane, OpenOptions } from '../../packages/control-plane/src/open-control-plane.ts';
import { awaited, findBlocked, findBroken, hopeless } from './expectations.ts';
import { startScriptedModel } from './model/scripted-model.ts';
import { openDemo } from './open-demo.ts';
import { createOperator, readScene, type Scene } from './operator.ts';
import { git } from './prepare-project.ts';
import type { Sabotage } from './sabotage.ts';
import { summaryLines } from './summary.ts';

export interface DemoOptions {
  directory: string;
  pace: 'fast' | 'human';
  sabotage: Sabotage | null;
  print: (line: string) => void;
  /** The crash tests put their kills here. */
  decorate?: OpenOptions['decorate'];
  /** Overrides how long a demo waits for something to happen before it gives up. */
  stallMs?: number | undefined;
  /** Overrides after how long an agent that waits for a person is parked; the crash tests park at once. */
  parkAfterSeconds?: number | undefined;
  signal: AbortSignal;
}

/** Nothing new for so long, and the demo says what it waits for and gives up. */
const stallMs = { fast: 30_000, human: 300_000 } as const;
/** So long the demo's person looks at what there is to decide before deciding it. */
const hesitateMs = { fast: 0, human: 4_000 } as const;

/** The main job from beginning to end; resolves to what is wrong with it: nothing, when all went as promised. */
export async function runDemo(options: DemoOptions): Promise<string[]> {
  const { directory, print, sabotage } = options;
  const model = await startScriptedModel({ pace: options.pace, ...(sabotage === 'model-500' && { faults: ['error500'] }) });
  let plane: OpenControlPlane | null = null;
  try {
    plane = await openDemo({
      ...{ directory, sabotage, modelUrl: model.url, decorate: options.decorate, parkAfterSeconds: options.parkAfterSeconds },
      warn: (message) => print(`  note: ${message}`),
    });
    print(`engine ready; socket ${plane.socketPath}`);
    const problem = await play(plane, options);
    if (sabotage === 'edited-event') await editEvent(plane);
    const scene = await readScene(plane.engine);
    const broken = problem ? [problem] : await findBroken(plane.engine, scene, join(plane.places.forge, 'repository.git'));
    print('');
    for (const line of await summaryLines(plane.engine, scene.runs)) print(line);
    return broken;
  } finally {
    await plane?.close('the demo is over');
    await model.close();
  }
}

/** Plays the operator until the story is over; resolves to why it cannot go on, or null. */
async function play(plane: OpenControlPlane, options: DemoOptions): Promise<string | null> {
  const { directory, sabotage, print, signal } = options;
  const { engine } = plane;
  const longestMs = options.stallMs ?? stallMs[options.pace];
  const operate = createOperator(engine, { sabotage, hesitateMs: hesitateMs[options.pace] });
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const printing = printEvents(engine, join(directory, 'printed'), print, ended);
  let lastChange = systemClock.monotonicMs();
  let seen = '';
  let secondPlan = sabotage !== 'second-plan';
  try {
    for (;;) {
      signal.throwIfAborted();
      const scene = await readScene(engine);
      await operate(scene);
      const waits = awaited(scene);
      const lost = hopeless(scene) ?? (await findBlocked(engine, scene));
      if (lost) return lost;
      if (waits === null && !secondPlan) {
        secondPlan = true;
        await changeSpec(plane.repository.root, join(plane.places.forge, 'repository.git'));
      } else if (waits === null && planned(scene, sabotage)) return null;
      const now = `${waits} ${scene.runs.map((run) => `${run.id}${run.state}${run.usage.outputTokens}`).join()}`;
      if (now !== seen) lastChange = systemClock.monotonicMs();
      seen = now;
      if (systemClock.monotonicMs() - lastChange > longestMs)
        return `nothing has happened for ${longestMs / 1000} s; still waiting for ${waits ?? 'the second plan'}`;
      await systemClock.sleep(100, { signal });
    }
  } finally {
    stop.abort();
    await printing;
  }
}

/** With the sabotage of a second plan the story goes on until that is there. */
const planned = (scene: Scene, sabotage: Sabotage | null): boolean =>
  sabotage !== 'second-plan' || scene.runs.filter((run) => run.role === 'planner' && run.state === 'success').length > 1;

/** One line for each thing that happens; after a kill it goes on with the next. */
async function printEvents(engine: Engine, file: string, print: (line: string) => void, signal: AbortSignal): Promise<void> {
  const after = (
    await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    })
  ).trim();
  const names = createEventNames(await engine.query('snapshot', {}));
  for await (const events of engine.events.follow({ after: after || null }, signal)) {
    for (const event of events) {
      print(eventLine(event as Event, names));
    }
    const last = events.at(-1);
    if (!last) continue;
    // Moved into place: half a cursor would be none.
    await writeFile(`${file}.new`, last.cursor);
    await rename(`${file}.new`, file);
  }
}

/** Sabotage: the approved spec is changed and committed once more, so that the Planner has work again. */
async function changeSpec(project: string, forge: string): Promise<void> {
  // What was merged there comes first; else the two have both moved, and nothing of the person's is taken over.
  await git(project, ['pull', '--quiet', '--ff-only', forge, 'main']);
  await appendFile(join(project, 'docs/specs/reading-aids.md'), '\nNothing else.\n');
  await git(project, ['commit', '--quiet', '--all', '--message=Say that nothing else is asked']);
}

/** Sabotage: one word in the stored bytes of an event is another. */
async function editEvent(plane: OpenControlPlane): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(plane.places.ledgerFile);
  try {
    const changed = database
      .prepare("update events set body = replace(body, 'denied', 'approved') where type = 'policy.approval_decided'")
      .run();
    if (changed.changes === 0) throw new Error('there was no decision to edit');
  } finally {
    database.close();
  }
}
