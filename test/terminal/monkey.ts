/**
 * Every key of every view at random, over a real engine whose agents do anything at random. What must hold is looked at after
 * each step and, what costs more, now and then: a step that breaks it is named with the ones before it and the seed.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Engine } from '@decree/contracts';
import { emptyState, fold, isLive, type State, type StoredEvent } from '@decree/contracts';
import { pino } from 'pino';
import { systemClock, systemRandom } from '../../packages/control-plane/src/engine/system/index.ts';
import { openControlPlane } from '../../packages/control-plane/src/open-control-plane.ts';
import { openTerminal } from '../../packages/control-plane/src/tui/open-terminal.ts';
import { createPlace } from '../../packages/control-plane/test/engine/support/place.ts';
import { bytesOf, createDice, type Dice, keys, sizes, titles } from './monkey-input.ts';
import { createFakeTerminal } from './monkey-terminal.ts';
import { migratePolicy } from './support/policy.ts';

export interface MonkeyReport {
  readonly seed: number;
  readonly steps: number;
  /** How often it left and came back. */
  readonly openings: number;
  /** What the engine was asked for, by its type. */
  readonly asked: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly events: number;
  /** From a key to the frame that shows it, in milliseconds, at the looks in between. */
  readonly slowestAnswerMs: number;
}

const agent = fileURLToPath(new URL('monkey-agent.mjs', import.meta.url));
export async function runMonkey(options: { seed: number; steps: number; log?: (text: string) => void }): Promise<MonkeyReport> {
  const { seed, steps } = options;
  const dice = createDice(seed);
  const place = createPlace();
  place.commit({
    'scripts/migrate.mjs': "console.log('moved');\n",
    'policy/migrate.cedar': migratePolicy,
    'control-plane.config.ts': `export default ${JSON.stringify({
      sensors: { issues: { pollIntervalSeconds: 1 }, specs: { pollIntervalSeconds: 1 }, pulls: { pollIntervalSeconds: 1 } },
      agents: {
        ...Object.fromEntries(['planner', 'implementor', 'reviewer'].map((role) => [role, { adapter: 'monkey' }])),
        adapters: { monkey: { command: [process.execPath, agent, String(seed)] } },
      },
      concurrency: { agents: 3, minimumFreeMemoryMb: 0 },
      policy: { paths: ['policy/migrate.cedar'] },
      shutdownTimeoutSeconds: 1,
    })};\n`,
  });
  const home = join(place.root, 'home');
  mkdirSync(home);
  const env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home, TERM: 'xterm-256color', DECREE_DATA: place.state };
  const plane = await openControlPlane({
    ...{ directory: place.repository, data: place.state, env, pid: process.pid, uid: process.getuid?.() ?? 0 },
    warn: () => undefined,
  });
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => {
    rejections.push(reason);
    options.log?.(reason instanceof Error ? `${reason.stack}` : String(reason));
  };
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onRejection);
  const monkey = createMonkey({ dice, engine: plane.engine, specs: () => addSpec(place, dice) });
  try {
    for (let index = 0; index < 6; index += 1) await monkey.addTask(index);
    await monkey.run(steps, rejections);
    const { runs, events } = await checkHistory(plane.engine);
    const engineErrors = errorsIn(readFileSync(join(place.state, 'engine.log'), { encoding: 'utf8', flag: 'a+' }));
    if (engineErrors.length > 0) throw new Error(`the engine logged errors:\n${engineErrors.slice(0, 5).join('\n')}`);
    return { seed, steps, ...monkey.report(), runs, events };
  } catch (error) {
    throw new Error(
      `seed ${seed}, after ${monkey.done()} steps (MONKEY_SEED=${seed} MONKEY_STEPS=${steps}); the last: ${monkey.lately()}\n${error instanceof Error ? error.stack : error}`,
      { cause: error },
    );
  } finally {
    await monkey.close();
    process.off('unhandledRejection', onRejection);
    process.off('uncaughtException', onRejection);
    await plane.close('the monkey is done');
    place.remove();
  }
}

/** The one that types, and looks at what comes of it. */
function createMonkey({ dice, engine: real, specs }: { dice: Dice; engine: Engine; specs: () => void }) {
  const terminal = createFakeTerminal(120, 35);
  const logged: string[] = [];
  const log = pino({ level: 'error', base: null }, { write: (line: string) => void logged.push(line) });
  const asked: Record<string, number> = {};
  let executed = 0;
  const engine: Engine = {
    ...real,
    execute(command) {
      executed += 1;
      asked[command.type] = (asked[command.type] ?? 0) + 1;
      return real.execute(command);
    },
  } as Engine;
  let kept: unknown;
  let openings = 0;
  let open: { ended: Promise<void>; failure: unknown; isOpen: boolean; abort: AbortController } | null = null;
  let done = 0;
  let slowestAnswerMs = 0;
  const recent: string[] = [];
  const confirmations: number[] = [];
  const executions: number[] = [];

  return {
    addTask,
    run,
    close,
    done: () => done,
    lately: () => JSON.stringify(recent.slice(-24)),
    report: () => ({ openings, asked, slowestAnswerMs: Math.round(slowestAnswerMs) }),
  };

  /** Work to do, and nothing that keeps it from being done. */
  async function addTask(index: number): Promise<void> {
    const priority = dice.pick(['priority:high', 'priority:medium', 'priority:low']);
    const input = { title: titles[index % titles.length] as string, body: `# Body \x1b[2J\n${titles[3]}\n`, labels: [priority] };
    const by = (type: string, given: object) =>
      ({ id: systemRandom.uuidv7(), type, actor: { type: 'user', id: 'ann' }, input: given }) as Command;
    await real.execute(by('task.add', input));
    const { repositories, tasks } = await real.query('snapshot', {});
    if (repositories[0]?.dispatchPaused) await real.execute(by('dispatch.resume', {}));
    // Somebody else dispatches too, at the same moment perhaps; what cannot be dispatched is refused.
    const open = tasks.filter(({ closedAt, activeRunId }) => closedAt === null && activeRunId === null);
    if (open.length > 0 && dice.chance(0.6))
      await real.execute(by('task.dispatch', { task: dice.pick(open).id })).catch(() => undefined);
  }

  function enter(): void {
    const abort = new AbortController();
    const own = { ended: Promise.resolve(), failure: undefined as unknown, isOpen: true, abort };
    openings += 1;
    own.ended = openTerminal({
      ...{ engine, attached: true, user: 'ann', clock: systemClock, random: systemRandom, log, notices: [], process },
      ...{ env: { TERM: 'xterm-256color' }, stdin: terminal.stdin, stdout: terminal.stdout, signal: abort.signal },
      settings: { keys: {}, theme: 'auto', mouse: true, readOnly: false, bell: true, notifications: 'osc9' },
      preferences: {
        read: () => kept,
        write(value) {
          kept = value;
        },
      },
      async openUrl() {
        if (dice.chance(0.3)) throw new Error('no browser \x1b[2J');
      },
      async edit(text) {
        await systemClock.sleep(dice.below(20));
        if (dice.chance(0.2)) throw new Error('no editor');
        return dice.chance(0.4) ? null : dice.chance(0.5) ? text : `${dice.pick(titles)}\n\nwhat is to be done`;
      },
      suspend: () => systemClock.sleep(dice.below(10)),
    })
      .catch((error: unknown) => {
        own.failure = error;
      })
      .finally(() => {
        own.isOpen = false;
      });
    open = own;
  }

  async function run(steps: number, rejections: readonly unknown[]): Promise<void> {
    enter();
    await answers();
    for (done = 0; done < steps; done += 1) {
      if (!open?.isOpen) await reopen();
      // What is typed while the terminal is lent to something else is heard later.
      confirmations.push(step());
      executions.push(executed);
      await turns();
      // An editor takes its time, and what is typed meanwhile is heard afterwards: a command may follow its key much later.
      const [could, did] = [sum(confirmations.slice(-120)), executed - (executions.at(-20) ?? 0)];
      if (did > could) throw new Error(`${did} commands were asked in 20 steps where ${could} could be in 120`);
      await holds(rejections);
      if (done % 50 === 49) await lookUnlessLeft();
      if (done % 40 === 0) await addTask(dice.below(100));
      if (done % 150 === 75) specs();
    }
    await lookUnlessLeft();
    if (!open?.isOpen) {
      await reopen();
      await look();
    }
    await close();
    await givenBack();
  }

  async function givenBack(): Promise<void> {
    await terminal.screen();
    if (!terminal.isGivenBack()) throw new Error('the terminal was not given back');
    ownIsUntouched();
  }

  function ownIsUntouched(): void {
    const drawn = terminal.own();
    if (drawn.length > 0) throw new Error(`the person's own screen was drawn on:\n${drawn.join('\n')}`);
  }

  async function close(): Promise<void> {
    open?.abort.abort();
    await open?.ended;
  }

  async function reopen(): Promise<void> {
    await open?.ended;
    if (open?.failure) throw open.failure;
    await givenBack();
    terminal.resize(120, 35);
    // What was typed after it had closed would be heard together with what comes now.
    while (terminal.stdin.read() !== null);
    enter();
    await answers();
  }

  /** Does one thing; how many keys were in it that give a command to the engine. */
  function step(): number {
    const kind = dice.below(100);
    if (kind < 60) return key(dice.pick(keys));
    // Often enough that prompts are answered and left.
    if (kind < 78) return key(dice.pick(['y', 'y', 'n', 'enter', 'enter', 'escape', 'escape', 'a', 'd', 'd']));
    if (kind < 84) return type('text', dice.pick(['text', ' 1', '+priority:high', 'status:', 'ü', '漢', '👍', 'q']));
    if (kind < 87) return raw();
    if (kind < 90) return type('paste', `\x1b[200~${dice.pick([...titles, 'y\ny\ny\n', 'x'.repeat(70_000)])}\x1b[201~`) * 0;
    if (kind < 97) return mouse();
    if (kind < 99) {
      const [columns, rows] = dice.pick(sizes);
      recent.push(`resize ${columns}×${rows}`);
      terminal.resize(columns, rows);
      return 0;
    }
    for (const [columns, rows] of sizes) terminal.resize(columns, rows);
    terminal.resize(120, 35);
    recent.push('resize storm');
    return 0;
  }

  function key(name: string): number {
    return type(name, bytesOf(name));
  }

  function type(what: string, bytes: string | Buffer): number {
    recent.push(`${what} ${JSON.stringify(bytes.toString().slice(0, 40))}`);
    terminal.type(bytes);
    return bytes.toString().match(/[nyaP\r\n]/g)?.length ?? 0;
  }

  function raw(): number {
    const bytes = Buffer.from(Array.from({ length: 1 + dice.below(12) }, () => dice.below(256)));
    // Ctrl-C and q lead to the question of leaving; everything is welcome.
    return type('raw', bytes);
  }

  function mouse(): number {
    const [column, row] = [1 + dice.below(terminal.columns + 5), 1 + dice.below(terminal.rows + 5)];
    const button = dice.pick([0, 0, 1, 2, 32, 64, 64, 65, 65, 66, 128]);
    const one = `\x1b[<${button};${column};${row}${dice.pick(['M', 'M', 'm'])}`;
    return type('mouse', one.repeat(1 + dice.below(3)));
  }

  async function turns(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async function holds(rejections: readonly unknown[]): Promise<void> {
    await terminal.screen();
    if (rejections.length > 0) throw rejections[0];
    if (logged.length > 0) throw new Error(`the terminal logged: ${logged[0]}`);
    if (open?.failure) throw open.failure;
    if (terminal.overflows()) throw new Error(`a row is wider than the terminal:\n${(await terminal.screen()).join('\n')}`);
    ownIsUntouched();
    if (terminal.obeyed.length > 0) throw new Error(`the terminal obeyed what came from outside: ${terminal.obeyed[0]}`);
  }

  /** What was pressed before the look may have led out. */
  async function lookUnlessLeft(): Promise<void> {
    await look().catch((error: unknown) => {
      if (!(error instanceof Left)) throw error;
    });
  }

  /** Whatever was open, Escape leads out of it; then the screen is whole, and keys are answered. */
  async function look(): Promise<void> {
    if (!open?.isOpen) return;
    terminal.resize(120, 35);
    const atList = (rows: readonly string[]) => /: commands {2}\? help {2}q quit\s*$/.test(rows.at(-1) ?? '');
    for (let times = 0; times < 8; times += 1) {
      type('look', '\x1b');
      // So long Ink waits for the rest of a sequence.
      await systemClock.sleep(25);
    }
    // Else what is typed next would belong to the last Escape.
    await systemClock.sleep(100);
    const screen = await until(atList, 'Escape to lead back to the list');
    if (!/needs? you/.test(screen[0] ?? '')) throw new Error(`the header is not in the first row:\n${screen.join('\n')}`);
    await answers();
    const { runs } = await real.query('snapshot', {});
    onlyOneEach(runs);
    // The first row of the list can be selected, if there is one.
    type('look', 'g');
    await until((rows) => rows.some((row) => row.startsWith('› ')) || rows.slice(1, 12).every(isNoRow), 'a selected row');
  }

  /** From a key to what it shows. */
  async function answers(): Promise<void> {
    await until((rows) => /q quit/.test(rows.at(-1) ?? ''), 'the screen');
    const startedMs = performance.now();
    type('look', '?');
    await until((rows) => rows.some((row) => row.startsWith('── Keys')), 'the help');
    slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - startedMs);
    type('look', '\x1b');
    await until((rows) => !rows.some((row) => row.startsWith('── Keys')), 'the help to go');
  }

  async function until(wanted: (rows: string[]) => boolean, what: string): Promise<string[]> {
    const end = performance.now() + 60_000;
    for (;;) {
      const rows = await terminal.screen();
      if (wanted(rows)) return rows;
      if (open?.failure) throw open.failure;
      if (!open?.isOpen) throw new Left(`it was left before ${what}`);
      if (performance.now() > end)
        throw new Error(
          `waited in vain for ${what} (open: ${open?.isOpen}, alternate: ${terminal.isAlternate()}):\n${rows.join('\n')}`,
        );
      await systemClock.sleep(1);
    }
  }
}

class Left extends Error {}

/** A heading, what is said where there are no rows, or nothing. */
const isNoRow = (row: string): boolean => !/^ {2}[^ ]/.test(row) || /^ {2}(no|nothing|none)\b/i.test(row);

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);
const errorsIn = (log: string): string[] => log.split('\n').filter((line) => /"level":[56]0/.test(line));

function addSpec(place: ReturnType<typeof createPlace>, dice: Dice): void {
  const name = `docs/specs/s${dice.below(4)}.md`;
  mkdirSync(join(place.repository, 'docs/specs'), { recursive: true });
  writeFileSync(join(place.repository, name), '');
  place.commit({ [name]: `---\nstatus: approved\n---\n# Spec ${dice.below(1e6)}\nIt works.\n` }, 'Change a spec');
}

/** Every run of the ledger: at no moment do two of one task live. */
async function checkHistory(engine: Engine): Promise<{ runs: number; events: number }> {
  let state: State = emptyState();
  let after: StoredEvent['cursor'] | undefined;
  let events = 0;
  const seen = new Set<string>();
  for (;;) {
    const { items } = await engine.query('listEvents', { limit: 500, ...(after !== undefined && { after }) });
    if (items.length === 0) return { runs: seen.size, events };
    for (const event of items) {
      state = fold(state, event);
      events += 1;
      if (event.type !== 'run.queued') continue;
      for (const id of Object.keys(state.runs)) seen.add(id);
      onlyOneEach(Object.values(state.runs));
    }
    after = items.at(-1)?.cursor;
  }
}

function onlyOneEach(runs: readonly State['runs'][string][]): void {
  const live = new Map<string, string>();
  for (const run of runs) {
    if (!isLive(run)) continue;
    const other = live.get(run.taskId);
    if (other) throw new Error(`two live runs of task ${run.taskId}: ${other} and ${run.id}`);
    live.set(run.taskId, run.id);
  }
}
