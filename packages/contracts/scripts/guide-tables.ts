import {
  Actor,
  Approval,
  Artifact,
  approvalStates,
  approvalTransitions,
  CommandResult,
  commandInputs,
  commandTypes,
  EventEnvelope,
  errorCodes,
  errorTable,
  eventPayloads,
  eventTypes,
  Health,
  IssueDetail,
  IssueSighting,
  Operation,
  PolicyDecision,
  PolicyRequest,
  PullDetail,
  PullSighting,
  queries,
  queryNames,
  Repository,
  Run,
  runStates,
  runTransitions,
  Snapshot,
  SpecSighting,
  SpecVersion,
  Spend,
  Summary,
  Task,
  Trace,
  transitionTypes,
  Usage,
  VerifyReport,
  Workspace,
  Worktree,
} from '../src/index.ts';
import { describe, describeFields, shapeOf } from './describe-fields.ts';
import { sentencesOf } from './sentences.ts';

const parts = {
  ...{ Actor, Approval, Artifact, IssueSighting, PolicyDecision, PolicyRequest, PullSighting, Run, SpecSighting, SpecVersion },
  ...{ Operation, Spend, Worktree },
  ...{ Health, IssueDetail, PullDetail, Repository, Snapshot, Summary, Task, Trace, Usage, VerifyReport, Workspace },
  Event: queries.listEvents.output.shape.items.element,
};

type Row = readonly string[];

/** A Markdown table; `|` in a cell is escaped. */
function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The transition table as a diagram and as a table: docs/guide/runs.md. */
export function runsTables(): string {
  const arrows = runStates.flatMap((from) =>
    Object.entries(runTransitions[from]).map(([type, to]) => `  ${from} --> ${to}: ${type.replace('run.', '')}`),
  );
  const ended = runStates.filter((state) => Object.keys(runTransitions[state]).length === 0);
  const diagram = ['  [*] --> queued: queued', ...arrows, ...ended.map((state) => `  ${state} --> [*]`)];
  const rows = transitionTypes.map((type) => [
    `\`${type}\``,
    ...runStates.map((state) => (runTransitions[state] as Record<string, string>)[type] ?? '–'),
  ]);
  return [
    `\`\`\`mermaid\nstateDiagram-v2\n${diagram.join('\n')}\n\`\`\``,
    'What each event makes of a run in each state; – is refused:',
    table(['event', ...runStates.map((state) => `\`${state}\``)], rows),
  ].join('\n\n');
}

/** Which states of an approval may follow on which: docs/guide/runs.md. */
export function approvalsTable(): string {
  return table(
    ['state', 'may become'],
    approvalStates.map((state) => [`\`${state}\``, approvalTransitions[state].map((next) => `\`${next}\``).join(' · ') || '–']),
  );
}

/** The envelope, then a table for each family of events: docs/guide/events.md. */
export function eventsTables(): string {
  const sentences = sentencesOf('event-payloads.ts', eventTypes);
  const families = [...new Set(eventTypes.map((type) => type.split('.')[0]))];
  const tables = families.map((family) => {
    const rows = eventTypes
      .filter((type) => type.startsWith(`${family}.`))
      .map((type) => [`\`${type}\``, sentences[type] ?? '', describeFields(shapeOf(eventPayloads[type], parts))]);
    return `### ${family}.*\n\n${table(['type', 'says', 'payload'], rows)}`;
  });
  return [`### Envelope\n\n${describeFields(shapeOf(EventEnvelope, parts)).replaceAll('<br>', '  \n')}`, ...tables].join('\n\n');
}

/** Queries, commands and errors: docs/guide/api.md. */
export function apiTables(): string {
  const ofQueries = sentencesOf('query.ts', queryNames);
  const ofCommands = sentencesOf('command.ts', commandTypes);
  const queryRows = queryNames.map((name) => [
    `\`${name}\``,
    `\`GET /v1${queries[name].path}\``,
    ofQueries[name] ?? '',
    describeFields(shapeOf(queries[name].input, parts)),
    describe(shapeOf(queries[name].output, parts)),
  ]);
  const commandRows = commandTypes.map((type) => [
    `\`${type}\``,
    ofCommands[type] ?? '',
    describeFields(shapeOf(commandInputs[type])),
  ]);
  const errorRows = errorCodes.map((code) => [`\`${code}\``, String(errorTable[code].status), String(errorTable[code].exitCode)]);
  return [
    `### Queries\n\n${table(['query', 'path', 'gives', 'takes', 'answer'], queryRows)}`,
    `### Commands\n\n${table(['type', 'does', 'input'], commandRows)}`,
    `Every command is answered with: ${describe(shapeOf(CommandResult))}`,
    `### Errors\n\n${table(['code', 'HTTP status', 'exit code'], errorRows)}`,
  ].join('\n\n');
}
