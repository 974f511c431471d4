import { z } from 'zod';
import { unwrap } from './describe-issue.ts';
import { keysNotInForce } from './keys-not-in-force.ts';
import { configSchema } from './schema.ts';

/** docs/guide/config.md, written from the schema; a test sees that the file is this text. */
export function renderConfigGuide(): string {
  const lines = [
    '# The config file',
    '',
    '<!-- Written from packages/control-plane/src/config/schema.ts: change that, then run',
    '     `node_modules/.bin/vitest run packages/control-plane/test/config --update`. -->',
    '',
    '`control-plane.config.ts` (or `.json`) at the root of the repository. It is read at a commit on the default branch, never from a',
    'worktree: commit a change before you expect it to count. Everything has a default, and an unknown key is an error that names the',
    'nearest known one.',
    '',
    '```ts',
    "import type { DecreeConfig } from '@decree/control-plane/config';",
    '',
    "export default { setupCommand: ['yarn', 'install'] } satisfies DecreeConfig;",
    '```',
    '',
    'Only `import type` is allowed. Durations are whole seconds, as their names say. Keys marked **not yet** are foreseen, and this',
    'version does not act on them: one that is set is refused, at the start and by `control-plane doctor`, with what there is instead.',
    '',
    '| key | is | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows(configSchema, []),
  ];
  return `${lines.join('\n')}\n`;
}

function rows(schema: z.core.$ZodType, path: string[]): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([name, child]) => rows(child, [...path, name]));
  }
  if (inner instanceof z.ZodArray && unwrap(inner.element) instanceof z.ZodObject && path[0] === 'repositories')
    return rows(inner.element, [...path, '0']);
  const key = path.join('.');
  const shown = key.replace('repositories.0.', 'repositories[0].');
  const notYet = Object.keys(keysNotInForce).some((each) => key === each || key.startsWith(`${each}.`)) ? '**not yet** · ' : '';
  return [
    `| \`${shown}\` | ${typeOf(inner)} | ${defaultOf(schema)} | ${notYet}${cell((schema as z.ZodType).description ?? '')} |`,
  ];
}

function typeOf(schema: z.core.$ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return cell(typeName(json));
}

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  additionalProperties?: JsonSchema | boolean;
  properties?: Record<string, JsonSchema>;
}

function typeName(json: JsonSchema): string {
  if (json.enum) return json.enum.map((each) => `\`${JSON.stringify(each)}\``).join(' or ');
  if (json.anyOf) return json.anyOf.map(typeName).join(' or ');
  if (json.type === 'array') return `list of ${typeName(json.items ?? {})}`;
  if (json.properties) return `{ ${Object.keys(json.properties).join(', ')} }`;
  if (json.type === 'object')
    return typeof json.additionalProperties === 'object' ? `names to ${typeName(json.additionalProperties)}` : 'object';
  const largest = json.maximum !== undefined && json.maximum < Number.MAX_SAFE_INTEGER ? json.maximum : undefined;
  const range = json.minimum !== undefined && largest !== undefined ? ` ${json.minimum}–${largest}` : '';
  return `${json.type === 'integer' ? 'whole number' : (json.type ?? 'any')}${range}`;
}

function defaultOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodDefault) return `\`${JSON.stringify(schema.def.defaultValue)}\``;
  return '–';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
