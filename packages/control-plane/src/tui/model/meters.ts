import { isLive, type Repository, type Run, type SensorName, type State } from '@decree/contracts';
import type { TuiState } from '../store/state.ts';
import { blank, type Line, type Span, type Tone } from '../text/line.ts';
import { displayWidth } from '../text/width.ts';
import { shownEntryOf } from './closed-tasks.ts';
import { parseFilter } from './filter.ts';
import { formatCost, formatCount, formatDuration, formatMoment, msOf, plural } from './format.ts';
import { memoLast } from './memo.ts';
import { needsOf } from './needs.ts';
import { sandboxNames } from './run-words.ts';
import { spendingOf } from './spending.ts';

/** What a person wants to know at a glance. */
export interface Meters {
  readonly running: number;
  readonly waiting: number;
  readonly queued: number;
  /** How many may run at once; null before the engine said so. */
  readonly limit: number | null;
  /** Rows under ACTION, whatever the filter hides. */
  readonly needsYou: number;
  /** `$1.20`; null when nothing was spent today. */
  readonly costToday: string | null;
  /** How late the newest event was; null before the first. */
  readonly lag: string | null;
  /** `no sandbox`; null before the engine said so. */
  readonly sandbox: string | null;
  /** What the forge still answers; null where it counts nothing. */
  readonly requests: Requests | null;
}

interface Requests {
  readonly text: string;
  readonly scarce: boolean;
}

const countRuns = memoLast(([runs]: [State['runs']]) => {
  let [running, waiting, queued] = [0, 0, 0];
  let planner: Run | null = null;
  for (const run of Object.values(runs)) {
    if (!isLive(run)) continue;
    if (run.state === 'running') running += 1;
    else if (run.state === 'queued') queued += 1;
    else waiting += 1;
    if (run.role === 'planner') planner = run;
  }
  return { running, waiting, queued, planner: planner as Run | null };
});

/** The counts of now. */
export function metersOf({ world, health, connection, nowMs }: TuiState): Meters {
  const { running, waiting, queued } = countRuns(world.runs);
  const { today } = spendingOf(world, nowMs);
  return {
    ...{ running, waiting, queued },
    limit: health?.settings.maxAgents ?? null,
    needsYou: needsOf(world).length,
    costToday: today ? formatCost(today) : null,
    lag: connection.lagMs === null ? null : lagText(connection.lagMs),
    sandbox: health?.settings.sandbox ? sandboxNames[health.settings.sandbox] : null,
    requests: requestsOf(health),
  };
}

/** Below this part of its requests the forge is to be spared, and the person is told. */
const scarceRequests = 0.1;

function requestsOf(health: TuiState['health']): Requests | null {
  if (!health?.rateLimit) return null;
  const { limit, remaining } = health.rateLimit;
  return { text: `${formatCount(remaining)}/${formatCount(limit)} requests`, scarce: remaining < limit * scarceRequests };
}

/** In steps that are worth a look: what is at once is at once. */
const lagText = (ms: number): string => (ms < 100 ? '<0.1s' : ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : formatDuration(ms));

const repositoryOf = ({ world, health }: TuiState): Repository | undefined =>
  Object.values(world.repositories)[0] ?? health?.repository;

/** Something the header says; what has a greater number goes first where there is no room. */
interface Part {
  readonly spans: Line;
  readonly expendable: number;
}
const part = (expendable: number, text: string, tone: Tone = 'normal'): Part => ({ expendable, spans: [{ text, tone }] });

/** The top row: where the person is, the meters, and the Planner at the right. */
export function headerLine(state: TuiState, columns: number): Line {
  const meters = metersOf(state);
  const repository = repositoryOf(state);
  const crumb = crumbOf(state);
  const parts: readonly Part[] = [
    part(7, ' Decree ', 'heading'),
    ...(repository ? [part(6, ` ${repository.id}`, 'strong')] : []),
    part(1, ` › ${state.view}${crumb ? ` › ${crumb}` : ''}`),
    ...pausedParts(repository),
    // Before the first snapshot nothing is known, not even that nothing waits.
    ...(state.connection.status === 'loading' ? [] : countParts(meters)),
    ...(meters.waiting > 0 ? [part(3, `  ⏸ ${meters.waiting} waiting`, 'warning')] : []),
    ...(meters.queued > 0 ? [part(5, `  … ${meters.queued} queued`, 'dim')] : []),
    ...(meters.costToday ? [part(4, `  ${meters.costToday} today`)] : []),
    ...(meters.lag ? [part(9, `  lag ${meters.lag}`, 'dim')] : []),
    ...(meters.requests
      ? [part(meters.requests.scarce ? 3 : 9, `  ${meters.requests.text}`, meters.requests.scarce ? 'warning' : 'dim')]
      : []),
    ...(meters.sandbox ? [part(10, `  ${meters.sandbox}`, 'dim')] : []),
    ...(state.readOnly ? [part(8, '  read-only', 'warning')] : []),
  ];
  const right = plannerSpans(state, repository);
  return fitted(parts, right, columns);
}

/** Why is said in full on the status line. */
function pausedParts(repository: Repository | undefined): readonly Part[] {
  if (!repository?.dispatchPaused) return [];
  const { by, reason } = repository.dispatchPaused;
  return [part(2, `  ⏸ PAUSED by ${by.id}`, 'warning'), ...(reason ? [part(7, `: ${cutTo(reason, 30)}`, 'warning')] : [])];
}
const cutTo = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const countParts = ({ needsYou, running, limit }: Meters): readonly Part[] => [
  part(
    0,
    needsYou > 0 ? `  ! ${needsYou} ${needsYou === 1 ? 'needs' : 'need'} you` : '  nothing needs you',
    needsYou > 0 ? 'warning' : 'dim',
  ),
  part(2, `  ▶ ${running}${limit === null ? '' : `/${limit}`} running`, running > 0 ? 'info' : 'dim'),
];

function fitted(parts: readonly Part[], right: Line, columns: number): Line {
  const widthOf = (line: Line) => line.reduce((sum, { text }) => sum + displayWidth(text), 0);
  const end = widthOf(right);
  const kept = new Set<Part>();
  let used = end + 1;
  for (const one of [...parts].sort((a, b) => a.expendable - b.expendable)) {
    if (used + widthOf(one.spans) > columns) continue;
    kept.add(one);
    used += widthOf(one.spans);
  }
  const left = parts.flatMap((one) => (kept.has(one) ? one.spans : []));
  return [...left, { text: ' '.repeat(Math.max(1, columns - widthOf(left) - end)) }, ...right];
}

/** What the detail is about, when it is pinned or has the focus. */
function crumbOf(state: TuiState): string | null {
  if (state.pinned === null && state.focus === 'list') return null;
  const entry = shownEntryOf(state, state.pinned ?? (state.view === 'tasks' ? state.lists.tasks.selected : null));
  if (!entry) return null;
  return entry.task?.issue ? `#${entry.task.issue}` : 'Planner';
}

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** The Planner: what it does, or 💤. */
function plannerSpans(state: TuiState, repository: Repository | undefined): readonly Span[] {
  const { planner } = countRuns(state.world.runs);
  const say = (text: string, tone: Tone): readonly Span[] => [{ text: `${text} `, tone }];
  if (planner?.state === 'running') {
    const frame = spinner[Math.floor(state.nowMs / 1000) % spinner.length] ?? '';
    return say(`${frame} Planner ${formatDuration(state.nowMs - msOf(planner.startedAt))}`, 'info');
  }
  if (planner?.state === 'waiting_approval') return say('⏸ Planner waits for you', 'warning');
  if (planner?.state === 'queued') return say('… Planner queued', 'dim');
  const failure = repository?.planFailure;
  if (failure)
    return failure.nextTryAt === null
      ? say('✗ Planner failed', 'bad')
      : say(`↻ Planner again ${formatMoment(failure.nextTryAt, state.nowMs)}`, 'warning');
  return say('💤 Planner', 'dim');
}

const sensorWords: Readonly<Record<SensorName, string>> = { issues: 'issues', specs: 'specs', pulls: 'pull requests' };
const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;

/** What the engine should be known for now: worst first; nothing when all is well. */
export function standings(state: TuiState): readonly Span[] {
  const { connection, health, nowMs } = state;
  const repository = repositoryOf(state);
  const said: Span[] = [];
  if (connection.status === 'lost')
    said.push({
      text: `✖ The engine does not answer${connection.message ? `: ${connection.message}` : ''}; trying again`,
      tone: 'bad',
    });
  if (connection.status === 'stopped')
    said.push({ text: `✖ The engine has stopped${connection.message ? `: ${connection.message}` : ''}`, tone: 'bad' });
  if (connection.status === 'loading')
    said.push(
      connection.message
        ? { text: `✖ The engine does not answer: ${connection.message}; trying again`, tone: 'bad' }
        : { text: '… Waiting for the engine', tone: 'info' },
    );
  if (connection.status === 'live' && connection.message) said.push({ text: `⚠ ${connection.message}`, tone: 'warning' });
  if (health?.state === 'stopping') said.push({ text: '⚠ The engine is stopping: no agent is started', tone: 'warning' });
  if (repository?.dispatchPaused) {
    const { by, at, reason } = repository.dispatchPaused;
    said.push({
      text: `⏸ Dispatching is paused by ${by.id} since ${formatMoment(at, nowMs)}${reason ? `: ${reason}` : ''}`,
      tone: 'warning',
    });
  }
  const { message } = parseFilter(state.lists[state.view].filter);
  if (message) said.push({ text: `⚠ Filter: ${message}`, tone: 'warning' });
  for (const [sensor, failure] of Object.entries(repository?.sensorFailures ?? {}))
    if (failure)
      said.push({
        text: `⚠ Cannot read ${sensorWords[sensor as SensorName]}: ${failure.message}; next try ${formatMoment(failure.nextTryAt, nowMs)}`,
        tone: 'warning',
      });
  if (health?.memory && health.memory.freeBytes < health.memory.minimumFreeBytes)
    said.push({
      text: `⚠ No further agent is started: ${gigabytes(health.memory.freeBytes)} of memory free, ${gigabytes(health.memory.minimumFreeBytes)} needed`,
      tone: 'warning',
    });
  if (health?.rateLimit && requestsOf(health)?.scarce)
    said.push({
      text: `⚠ The forge answers ${plural(health.rateLimit.remaining, 'more request')} until ${formatMoment(health.rateLimit.resetAt, nowMs)}`,
      tone: 'warning',
    });
  return said;
}

/** The same on one row. */
export function standingLine(state: TuiState): Line {
  const said = standings(state);
  if (said.length === 0) return blank;
  return said.flatMap((span, index) => (index === 0 ? [span] : [{ text: '  ·  ', tone: 'dim' as const }, span]));
}
