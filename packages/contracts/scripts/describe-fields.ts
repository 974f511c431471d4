import { z } from 'zod';
import { Cursor, Digest, Id, ObjectId, RepositoryId, Timestamp } from '../src/index.ts';

interface Shape {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: readonly string[];
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  default?: unknown;
  items?: Shape;
  anyOf?: readonly Shape[];
  oneOf?: readonly Shape[];
  properties?: Record<string, Shape>;
  required?: readonly string[];
  additionalProperties?: Shape | boolean;
}

/** Words with a format of their own, told by it. */
const formats = new Map(
  Object.entries({ Id, RepositoryId, Timestamp, ObjectId, Digest }).map(([name, schema]) => [shapeOf(schema).pattern, name]),
);
const cursor = JSON.stringify(shapeOf(Cursor));

/** A zod schema as what is accepted; named parts appear as a reference by their name. */
export function shapeOf(schema: z.ZodType, named: Readonly<Record<string, z.ZodType>> = {}): Shape {
  const registry = z.registry<{ id: string }>();
  for (const [id, part] of Object.entries(named)) registry.add(part, { id });
  const wrapped = z.toJSONSchema(z.object({ schema }), { metadata: registry, io: 'input', unrepresentable: 'any' });
  return (wrapped.properties as unknown as { schema: Shape }).schema;
}

/** The fields of an object, one a line of a table's cell: name, `?` when it may be left out, what it is, and its default. */
export function describeFields(shape: Shape): string {
  const fields = Object.entries(shape.properties ?? {});
  if (fields.length === 0) return '–';
  return fields.map(([name, field]) => describeField(name, field, shape)).join('<br>');
}

function describeField(name: string, field: Shape, parent: Shape): string {
  const optional = parent.required?.includes(name) ? '' : '?';
  const preset = field.default === undefined ? '' : ` (default \`${JSON.stringify(field.default)}\`)`;
  return `\`${name}${optional}\`: ${describe(field)}${preset}`;
}

/** What a value is, in a few words. */
export function describe(shape: Shape): string {
  if (shape.$ref) return shape.$ref.split('/').at(-1) ?? '';
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.enum) return shape.enum.map((value) => `\`${value}\``).join(' · ');
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices) return choices.map(describe).join(' or ');
  // A flag may be spelt out in an address, `newest=true`; it is one type all the same.
  if (String(shape.type) === 'string,boolean') return 'boolean';
  if (Array.isArray(shape.type)) return shape.type.map((type) => describe({ type })).join(' or ');
  if (JSON.stringify(shape) === cursor) return 'Cursor';
  if (shape.type === 'string') return formats.get(shape.pattern) ?? (shape.maxLength ? `text ≤ ${shape.maxLength}` : 'text');
  if (shape.type === 'integer') return describeInteger(shape);
  if (shape.type === 'array') return `list of ${shape.items ? describe(shape.items) : 'anything'}`;
  if (shape.type === 'object') {
    if (!shape.properties) return 'object';
    return `{ ${Object.entries(shape.properties)
      .map(([name, field]) => describeField(name, field, shape))
      .join(', ')} }`;
  }
  return shape.type ?? 'anything';
}

/** Zod gives every integer the bounds of a safe one: those say nothing. */
function describeInteger({ minimum, exclusiveMinimum, maximum }: Shape): string {
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1;
  const from = least !== undefined && least >= 0;
  const to = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (from && to) return `integer ${least}–${maximum}`;
  if (to) return `integer ≤ ${maximum}`;
  return from ? `integer ≥ ${least}` : 'integer';
}
