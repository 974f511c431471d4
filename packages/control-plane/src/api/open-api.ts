import {
  Approval,
  Artifact,
  CommandEnvelope,
  CommandResult,
  commandInputs,
  commandTypes,
  ErrorBody,
  EventEnvelope,
  Health,
  PolicyDecision,
  PullSighting,
  queries,
  queryNames,
  Repository,
  Run,
  Snapshot,
  SpecSighting,
  StreamPage,
  Summary,
  Task,
  Trace,
  TranscriptEntry,
  Usage,
  VerifyReport,
} from '@decree/contracts';
import { z } from 'zod';

const named = {
  Approval,
  Artifact,
  CommandResult,
  Error: ErrorBody,
  EventEnvelope,
  Health,
  PolicyDecision,
  PullSighting,
  Repository,
  Run,
  Snapshot,
  SpecSighting,
  StreamPage,
  Summary,
  Task,
  Trace,
  TranscriptEntry,
  Usage,
  VerifyReport,
};

const refusals = {
  400: 'the request is wrong; the message says what was expected and what came',
  401: 'no token, or not the operator’s',
  403: 'the policy, the Host or the Origin forbids it',
  404: 'there is no such thing',
  405: 'another method is expected; Allow says which',
  409: 'it does not fit the state that things are in now',
  500: 'a fault of Decree',
  503: 'the engine, the forge or the store cannot be reached now; try again',
} as const;
const bodyRefusals = { 413: 'the body is too large', 415: 'the body is not JSON' } as const;

type Json = Record<string, unknown>;

/** The operator's side as OpenAPI 3.1, generated from the contracts: every path, what it takes, gives, and how it refuses. */
export function buildOpenApi(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri: (id) => `#/components/schemas/${id}` });
  const components = Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutHeader(schema as Json)]));
  const nameOf = new Map<z.ZodType, string>(Object.entries(named).map(([id, schema]) => [schema, id]));
  const outputOf = (schema: z.ZodType): Json => {
    const name = nameOf.get(schema);
    return name ? { $ref: `#/components/schemas/${name}` } : withoutHeader(z.toJSONSchema(schema, { io: 'output' }) as Json);
  };

  const paths: Json = {};
  for (const name of queryNames) {
    const { path, input, output } = queries[name];
    paths[`/v1${path}`] = {
      get: { operationId: name, parameters: parametersOf(input), responses: { ...ok(outputOf(output)), ...refused(refusals) } },
    };
  }
  paths['/v1/commands'] = {
    post: {
      operationId: 'execute',
      description: 'The same id again is answered as the first time, and done once.',
      requestBody: { required: true, content: json({ oneOf: commandTypes.map(commandSchema) }) },
      responses: { ...ok(outputOf(CommandResult)), ...refused({ ...refusals, ...bodyRefusals }) },
    },
  };
  const after = { name: 'after', in: 'query', required: false, schema: { type: 'string', maxLength: 200 } };
  const resume = { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string', maxLength: 200 } };
  const session = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
  const limit = { name: 'limit', in: 'query', required: false, schema: { type: 'integer', minimum: 1, maximum: 5000 } };
  const before = { ...after, name: 'before' };
  const newest = { name: 'newest', in: 'query', required: false, schema: { type: 'boolean' } };
  paths['/v1/events/stream'] = {
    get: {
      operationId: 'followEvents',
      description:
        'Server-sent events without end. First `open` {after}, then `events`: an array of stored events for each id; `error` is the last. after= (empty) begins with the first event; without it, with what comes from now on.',
      parameters: [after, resume],
      responses: { ...endless, ...refused(refusals) },
    },
  };
  paths['/v1/sessions/{id}'] = {
    get: {
      operationId: 'readSession',
      description:
        'Entries after `after`, or the last ones before `before`, or with newest=true the last of all; else the first. Oldest first.',
      parameters: [session, after, before, newest, limit],
      responses: { ...ok(outputOf(StreamPage)), ...refused(refusals) },
    },
  };
  paths['/v1/sessions/{id}/stream'] = {
    get: {
      operationId: 'followSession',
      description: 'Server-sent events `page` (StreamPage) until one is `ended`; `error` is the last.',
      parameters: [session, after, resume],
      responses: { ...endless, ...refused(refusals) },
    },
  };
  paths['/v1/openapi.json'] = {
    get: { operationId: 'describe', responses: { ...ok({ type: 'object' }), ...refused(refusals) } },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Decree',
      version: '1',
      description: 'The control plane’s engine over HTTP.',
      license: { name: 'Apache-2.0' },
    },
    security: [{ operator: [] }],
    paths,
    components: { schemas: components, securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
  };
}

const json = (schema: Json): Json => ({ 'application/json': { schema } });
const ok = (schema: Json): Json => ({ 200: { description: 'done', content: json(schema) } });
const endless = { 200: { description: 'the stream', content: { 'text/event-stream': { schema: { type: 'string' } } } } };

const refused = (table: Record<number, string>): Json =>
  Object.fromEntries(
    Object.entries(table).map(([status, description]) => [
      status,
      { description, content: json({ $ref: '#/components/schemas/Error' }) },
    ]),
  );

function commandSchema(type: (typeof commandTypes)[number]): Json {
  const schema = CommandEnvelope.extend({ type: z.literal(type), input: commandInputs[type] });
  return { title: type, ...withoutHeader(z.toJSONSchema(schema, { io: 'input' }) as Json) };
}

function parametersOf(input: z.ZodObject): Json[] {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as { properties?: Json; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

function withoutHeader({ $schema: _schema, $id: _id, ...rest }: Json): Json {
  return rest;
}
