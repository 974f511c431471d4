import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

type Json = Record<string, unknown>;

const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');

/** GitHub's own description of its answers, as a check: the route, the status, and the body that came. */
export function createGithubSchema() {
  const api = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, { responses: Record<string, Json> }>>;
    components: Json;
  };
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false, inlineRefs: false });
  addFormats.default(ajv);
  ajv.addSchema(
    toJsonSchema({ $id: 'github', components: { schemas: (api.components as { schemas: Json }).schemas } }) as Json,
    'github',
  );
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

  /** What does not fit, a line each; nothing when it fits. Throws when GitHub documents no such answer. */
  return (route: string, status: number, body: unknown): string[] => {
    const [method = '', path = ''] = route.split(' ');
    const key = `${route} ${status}`;
    let check = compiled.get(key);
    if (!check) {
      const responses = api.paths[path]?.[method.toLowerCase()]?.responses;
      let response = responses?.[String(status)];
      const name = (response?.$ref as string | undefined)?.split('/').pop();
      if (name) response = (api.components as { responses: Record<string, Json> }).responses[name];
      const schema = (response as { content?: Record<string, { schema: Json }> } | undefined)?.content?.['application/json']
        ?.schema;
      if (!schema) throw new Error(`Expected GitHub to document ${route} ${status}, found no schema.`);
      check = ajv.compile(toJsonSchema(schema) as Json);
      compiled.set(key, check);
    }
    if (check(body)) return [];
    return (check.errors ?? []).map(
      ({ instancePath, message, params }) => `${route} ${status} ${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** OpenAPI 3.0's dialect as JSON Schema: `nullable`, its own references, and examples that are data. */
function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, example: _example, examples: _examples, discriminator: _discriminator, ...rest } = node as Json;
  const converted: Json = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, toJsonSchema(value)]));
  if (typeof converted.$ref === 'string') converted.$ref = converted.$ref.replace(/^#\//, 'github#/');
  return nullable === true ? { anyOf: [{ type: 'null' }, converted] } : converted;
}
