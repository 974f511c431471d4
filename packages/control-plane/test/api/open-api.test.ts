import { commandTypes, queries, queryNames } from '@decree/contracts';
import { expect, it } from 'vitest';
import { buildOpenApi } from '../../src/api/index.ts';

const description = buildOpenApi() as {
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, unknown>; parameters?: { name: string }[] }>
  >;
  components: { schemas: Record<string, unknown> };
};

it('describes every query, the commands and the streams, each with every refusal', () => {
  const paths = queryNames.map((name) => `/v1${queries[name].path}`);
  expect(Object.keys(description.paths).sort()).toEqual(
    [...paths, '/v1/commands', '/v1/events/stream', '/v1/sessions/{id}', '/v1/sessions/{id}/stream', '/v1/openapi.json'].sort(),
  );
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const { responses } of Object.values(methods)) {
      const expected = [
        '200',
        '400',
        '401',
        '403',
        '404',
        '405',
        '409',
        '500',
        '503',
        ...(path === '/v1/commands' ? ['413', '415'] : []),
      ];
      expect(Object.keys(responses).sort()).toEqual(expected.sort());
    }
  }
});

it('names each command’s own input', () => {
  const text = JSON.stringify(description.paths['/v1/commands']);
  for (const type of commandTypes) expect(text).toContain(`"const":"${type}"`);
});

it('refers only to schemas that it holds, and needs nothing from elsewhere', () => {
  const text = JSON.stringify(description);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference as string);
  expect(references.length).toBeGreaterThan(50);
  for (const reference of references) {
    expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
    expect(description.components.schemas).toHaveProperty(reference.split('/').at(-1) as string);
  }
  expect(text).not.toContain('"$id"');
});
