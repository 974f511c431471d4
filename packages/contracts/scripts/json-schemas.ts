import { z } from 'zod';
import {
  Actor,
  AgentReport,
  Approval,
  Artifact,
  CommandEnvelope,
  CommandResult,
  ControlMessage,
  commandInputs,
  commandTypes,
  Effect,
  ErrorBody,
  EventEnvelope,
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
  Snapshot,
  SpecSighting,
  SpecVersion,
  Spend,
  StreamPage,
  Summary,
  Task,
  Trace,
  TranscriptEntry,
  Usage,
  VerifyReport,
  Workspace,
  Worktree,
} from '../src/index.ts';
import { sentencesOf } from './sentences.ts';

type Json = Record<string, unknown>;
type Part = (id: string, schema: z.ZodType) => Json;

/** Where the schemas lie, from the repository's root. */
export const schemaDirectory = 'packages/contracts/schema/v1';

/** Each has a file of its own, and is referred to by its name everywhere else. */
const files = {
  actor: Actor,
  'agent-control-message': ControlMessage,
  'agent-report': AgentReport,
  approval: Approval,
  artifact: Artifact,
  'command-result': CommandResult,
  effect: Effect,
  error: ErrorBody,
  health: Health,
  'issue-detail': IssueDetail,
  'issue-sighting': IssueSighting,
  operation: Operation,
  'policy-decision': PolicyDecision,
  'policy-request': PolicyRequest,
  'pull-detail': PullDetail,
  'pull-sighting': PullSighting,
  repository: Repository,
  run: Run,
  snapshot: Snapshot,
  spend: Spend,
  'spec-sighting': SpecSighting,
  'spec-version': SpecVersion,
  'stream-page': StreamPage,
  summary: Summary,
  task: Task,
  trace: Trace,
  'transcript-entry': TranscriptEntry,
  usage: Usage,
  'verify-report': VerifyReport,
  workspace: Workspace,
  worktree: Worktree,
};

/**
 * The contracts as JSON Schema 2020-12, by path from the repository's root. They say what is accepted: objects may hold fields
 * that they do not name, since v1 grows by optional fields. Closed are the envelopes of events and commands, and what commands
 * and queries take: the door refuses a field that it does not know.
 */
export function jsonSchemas(): Record<string, string> {
  const registry = z.registry<{ id: string }>();
  const add = (id: string, schema: z.ZodType) => {
    if (!registry.has(schema)) registry.add(schema, { id });
  };
  for (const [id, schema] of Object.entries(files)) add(id, schema);
  for (const type of eventTypes) add(`event#${type}`, eventPayloads[type]);
  for (const type of commandTypes) add(`command#${type}`, commandInputs[type]);
  for (const name of queryNames) {
    add(`query#${name}.input`, queries[name].input);
    add(`query#${name}.output`, queries[name].output);
  }
  add('event', EventEnvelope);
  add('command', CommandEnvelope);
  const { schemas } = z.toJSONSchema(registry, { io: 'input', unrepresentable: 'any', uri: uriOf });
  const made = schemas as Record<string, Json>;
  /** What gives back something that has a file of its own is only a reference to it. */
  const part = (id: string, schema: z.ZodType): Json => {
    const known = registry.get(schema)?.id ?? id;
    return known === id ? bare(made[id] as Json) : { $ref: uriOf(known) };
  };

  const out: Record<string, Json> = {};
  for (const id of Object.keys(files)) out[id] = made[id] as Json;
  out.event = eventSchema(made.event as Json, part);
  out.command = commandSchema(made.command as Json, part);
  out.query = querySchema(part);
  return Object.fromEntries(
    Object.entries(out).map(([id, schema]) => [`${schemaDirectory}/${id}.json`, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

const uriOf = (id: string): string => {
  const [file, name] = id.split('#');
  return name === undefined ? `${file}.json` : `${file}.json#/$defs/${name}`;
};

const bare = ({ $schema: _schema, $id: _id, ...rest }: Json): Json => rest;

const closed = (schema: Json): Json => ({ ...schema, additionalProperties: false });

/** The envelope, and for each type what it carries. */
function eventSchema(envelope: Json, part: Part): Json {
  const sentences = sentencesOf('event-payloads.ts', eventTypes);
  return {
    ...envelope,
    properties: { ...(envelope.properties as Json), type: { type: 'string', enum: [...eventTypes] } },
    oneOf: eventTypes.map((type) => ({
      properties: { type: { const: type }, payload: { $ref: `#/$defs/${type}` } },
    })),
    $defs: Object.fromEntries(
      eventTypes.map((type) => [type, { description: sentences[type], ...part(`event#${type}`, eventPayloads[type]) }]),
    ),
  };
}

function commandSchema(envelope: Json, part: Part): Json {
  const sentences = sentencesOf('command.ts', commandTypes);
  return {
    ...envelope,
    oneOf: commandTypes.map((type) => ({
      properties: { type: { const: type }, input: { $ref: `#/$defs/${type}` } },
    })),
    $defs: Object.fromEntries(
      commandTypes.map((type) => [
        type,
        { description: sentences[type], ...closed(part(`command#${type}`, commandInputs[type])) },
      ]),
    ),
  };
}

/** Not one thing but a collection: `#/$defs/<query>.input` and `.output`. */
function querySchema(part: Part): Json {
  const sentences = sentencesOf('query.ts', queryNames);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'query.json',
    $defs: Object.fromEntries(
      queryNames.flatMap((name) => [
        [`${name}.input`, { description: sentences[name], ...closed(part(`query#${name}.input`, queries[name].input)) }],
        [`${name}.output`, part(`query#${name}.output`, queries[name].output)],
      ]),
    ),
  };
}
