import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { namesIn, readText } from '../scripts/generated.ts';
import { jsonSchemas, schemaDirectory } from '../scripts/json-schemas.ts';
import { commandTypes, eventTypes, queryNames } from '../src/index.ts';
import { recordedEvents, recordings } from './recordings.ts';

const command = 'node packages/contracts/scripts/write-schemas.ts';
const made = jsonSchemas();

function validator() {
  const ajv = new Ajv2020.default({ strict: true, strictRequired: false, allowUnionTypes: true });
  addFormats.default(ajv);
  for (const text of Object.values(made)) ajv.addSchema(JSON.parse(text));
  return ajv;
}

describe('the written JSON Schemas', () => {
  it.each(Object.keys(made))('%s is what the code says', (path) => {
    expect(readText(path), `${path} differs from the code; run: ${command}`).toBe(made[path]);
  });

  it('are all of them, and no others', () => {
    const names = Object.keys(made).map((path) => path.slice(schemaDirectory.length + 1));
    expect(namesIn(schemaDirectory), `run: ${command}`).toEqual(names.sort());
  });

  it('name every event, command and query', () => {
    const defs = (name: string) => Object.keys(JSON.parse(made[`${schemaDirectory}/${name}.json`] ?? '').$defs);
    expect(defs('event')).toEqual(eventTypes);
    expect(defs('command')).toEqual(commandTypes);
    expect(defs('query')).toEqual(queryNames.flatMap((name) => [`${name}.input`, `${name}.output`]));
  });

  it('can each be read by a strict validator, every reference found', () => {
    const ajv = validator();
    for (const path of Object.keys(made)) expect(ajv.getSchema(path.slice(schemaDirectory.length + 1))).toBeTypeOf('function');
  });
});

describe('event.json', () => {
  const validate = validator().getSchema('event.json');
  const [first] = recordings;

  it.each(recordings)('accepts every event of the recording %s', (name) => {
    for (const event of recordedEvents(name)) expect(validate?.(event), JSON.stringify(validate?.errors)).toBe(true);
  });

  it('refuses a type that is not known, an extra field in the envelope, and the payload of another type', () => {
    const [event] = recordedEvents(first);
    expect(validate?.({ ...event, type: 'task.vanished' })).toBe(false);
    expect(validate?.({ ...event, colour: 'red' })).toBe(false);
    expect(validate?.({ ...event, type: 'run.waiting' })).toBe(false);
  });
});
