import { readFileSync } from 'node:fs';

/** The options of `gh api` that take a value, by every name gh gives them. */
const valued = {
  '-X': 'method',
  '--method': 'method',
  '-f': 'rawField',
  '--raw-field': 'rawField',
  '-F': 'field',
  '--field': 'field',
  '-H': 'header',
  '--header': 'header',
  '-q': 'jq',
  '--jq': 'jq',
  '--input': 'input',
};
const flags = { '-i': 'include', '--include': 'include', '--paginate': 'paginate' };

/** What `gh api ARGUMENTS` asks for: { method, path, headers, body?, jq?, include, paginate }. Throws on what it does not know. */
export function parseArguments(args, env) {
  const given = { method: undefined, fields: [], headers: {}, jq: undefined, input: undefined, include: false, paginate: false };
  const positional = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index];
    if (!argument.startsWith('-') || argument === '-') {
      positional.push(argument);
      continue;
    }
    const { name, attached } = splitOption(argument);
    if (flags[name] && attached === undefined) {
      given[flags[name]] = true;
      continue;
    }
    if (!valued[name]) {
      throw new Error(
        `unknown option ${name} for \`gh api\` (known here: ${[...Object.keys(valued), ...Object.keys(flags)].join(' ')})`,
      );
    }
    const value = attached ?? args[++index];
    if (value === undefined) throw new Error(`option ${name} needs a value`);
    take(given, valued[name], value);
  }
  if (positional.length !== 1) throw new Error(`expected one endpoint such as repos/OWNER/REPO/issues, got ${positional.length}`);
  return toCall(given, fillPlaceholders(positional[0], env));
}

/** Path and query of an endpoint: with or without a leading slash, or a whole address of the API. */
export function buildQuery(endpoint, fields = {}) {
  const url = new URL(endpoint.replace(/^(?!https?:)\/*/, '/'), 'http://api.github.com');
  for (const [key, value] of flatten(fields)) url.searchParams.append(key, value);
  return url.pathname + url.search;
}

function splitOption(argument) {
  if (argument.startsWith('--')) {
    const equals = argument.indexOf('=');
    return equals < 0 ? { name: argument } : { name: argument.slice(0, equals), attached: argument.slice(equals + 1) };
  }
  if (argument.length === 2) return { name: argument };
  return { name: argument.slice(0, 2), attached: argument.slice(2).replace(/^=/, '') };
}

function take(given, kind, value) {
  if (kind === 'header') {
    const colon = value.indexOf(':');
    if (colon < 1) throw new Error(`expected a header as 'Name: value', got '${value}'`);
    given.headers[value.slice(0, colon).trim().toLowerCase()] = value.slice(colon + 1).trim();
  } else if (kind === 'rawField' || kind === 'field') {
    given.fields.push({ text: value, typed: kind === 'field' });
  } else {
    given[kind] = value;
  }
}

function toCall(given, endpoint) {
  const fields = buildFields(given.fields);
  const hasFields = given.fields.length > 0;
  const method = (given.method ?? (hasFields || given.input !== undefined ? 'POST' : 'GET')).toUpperCase();
  const { headers, jq, include, paginate } = given;
  if (paginate && method !== 'GET') throw new Error('--paginate works with GET only');
  if (given.input !== undefined) {
    return { method, path: buildQuery(endpoint, fields), headers, body: readInput(given.input), jq, include, paginate };
  }
  if (method === 'GET' || method === 'HEAD') {
    const perPage = paginate && !/[?&]per_page=/.test(endpoint) && fields.per_page === undefined ? { per_page: '100' } : {};
    return { method, path: buildQuery(endpoint, { ...perPage, ...fields }), headers, jq, include, paginate };
  }
  return {
    method,
    path: buildQuery(endpoint),
    headers,
    ...(hasFields && { body: JSON.stringify(fields) }),
    jq,
    include,
    paginate,
  };
}

/** `a=1`, `a[b]=1`, `a[]=1`, `a[][b]=1`: nested as gh nests them; `a[]` alone is an empty list. */
function buildFields(given) {
  const root = {};
  for (const { text, typed } of given) {
    const equals = text.indexOf('=');
    if (equals < 0 && !text.endsWith('[]')) throw new Error(`expected a field as key=value, got '${text}'`);
    const key = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    const steps = parseKey(key);
    assign(root, steps, typed && value !== undefined ? readTyped(value) : value);
  }
  return root;
}

function parseKey(key) {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key);
  if (!match) throw new Error(`expected a field name such as a, a[b] or a[], got '${key}'`);
  const steps = [match[1], ...[...match[2].matchAll(/\[([^[\]]*)\]/g)].map((each) => each[1])];
  if (steps.some((each) => ['__proto__', 'constructor', 'prototype'].includes(each)))
    throw new Error(`field name '${key}' is not allowed`);
  return steps;
}

function assign(target, [step, ...rest], value) {
  if (rest.length === 0) {
    target[step] = value;
    return;
  }
  if (rest[0] !== '') {
    target[step] ??= {};
    if (Array.isArray(target[step]) || typeof target[step] !== 'object')
      throw new Error(`field '${step}' is given in two shapes`);
    assign(target[step], rest, value);
    return;
  }
  target[step] ??= [];
  const list = target[step];
  if (!Array.isArray(list)) throw new Error(`field '${step}' is given in two shapes`);
  const inner = rest.slice(1);
  if (inner.length === 0) {
    if (value !== undefined) list.push(value);
    return;
  }
  const last = list.at(-1);
  const startsAnew = typeof last !== 'object' || last === null || inner[0] in last;
  if (startsAnew) list.push({});
  assign(list.at(-1), inner, value);
}

function readTyped(value) {
  if (value === 'true') return true;
  if (value === 'false') return false;
  if (value === 'null') return null;
  if (/^-?\d+$/.test(value)) return Number(value);
  if (value.startsWith('@')) return readInput(value.slice(1));
  return value;
}

function readInput(name) {
  try {
    return readFileSync(name === '-' ? 0 : name, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${name === '-' ? 'standard input' : name}: ${error.message}`);
  }
}

function* flatten(fields, prefix = '') {
  for (const [key, value] of Object.entries(fields)) {
    const name = prefix ? `${prefix}[${key}]` : key;
    if (Array.isArray(value)) for (const each of value) yield [`${name}[]`, String(each)];
    else if (typeof value === 'object' && value !== null) yield* flatten(value, name);
    else yield [name, value === null ? '' : String(value)];
  }
}

function fillPlaceholders(endpoint, env) {
  return endpoint.replace(/\{(owner|repo|branch)\}/g, (whole, name) => {
    const match = /^(?:[^/]+\/)?([^/]+)\/([^/]+)$/.exec(env.GH_REPO ?? '');
    if (!match || name === 'branch')
      throw new Error(`${whole} cannot be filled in here: write the repository out, or set GH_REPO to OWNER/REPO`);
    return name === 'owner' ? match[1] : match[2];
  });
}
