/**
 * What `gh api <arguments>` would send, read from its arguments alone. Written against the behaviour of gh 2.23 and
 * stricter than gh: what is ambiguous, needs standard input, names another host or sets a header that could change
 * the request's meaning is refused with a sentence for the agent. The broker sees the real request and hashes it
 * again by the same `forgeAction`, so a difference between gh and this reading ends in a refusal, never in an effect.
 * Longer than most files: one command line is read here, from its first word to its body.
 */
export interface ApiRequest {
  method: string;
  /** As sent: without a leading slash, with its query. */
  path: string;
  /** The JSON body, or undefined when there is none. */
  body?: unknown;
}

export interface GhApiSurroundings {
  /** `owner/name`, for the placeholders. */
  repository: string;
  branch: string | null;
  /** The text of a file that the agent names; throws with a message for the agent. */
  readFile(path: string): string;
}

/** Thrown with a message that tells the agent what to write instead. */
export class GhArgumentError extends Error {
  override readonly name = 'GhArgumentError';
}

type FlagName =
  | 'method'
  | 'field'
  | 'raw-field'
  | 'header'
  | 'input'
  | 'jq'
  | 'template'
  | 'preview'
  | 'cache'
  | 'hostname'
  | 'include'
  | 'paginate'
  | 'silent'
  | 'slurp';
const valueFlags: readonly FlagName[] = [
  'method',
  'field',
  'raw-field',
  'header',
  'input',
  'jq',
  'template',
  'preview',
  'cache',
  'hostname',
];
const switchFlags: readonly FlagName[] = ['include', 'paginate', 'silent', 'slurp'];
const shorthands: Readonly<Record<string, FlagName>> = {
  X: 'method',
  F: 'field',
  f: 'raw-field',
  H: 'header',
  q: 'jq',
  t: 'template',
  p: 'preview',
  i: 'include',
};
/** Others could override the method, the identity or the body's meaning. */
const harmlessHeaders = ['accept', 'x-github-api-version'];

/** `args` are the words after `gh api`. */
export function parseGhApi(args: readonly string[], surroundings: GhApiSurroundings): ApiRequest {
  const { endpoint, flags } = readArguments(args);
  for (const header of flags.header ?? []) {
    const name = header
      .slice(0, Math.max(0, header.indexOf(':')))
      .trim()
      .toLowerCase();
    if (!harmlessHeaders.includes(name)) throw new GhArgumentError(`the header "${header}" is not passed on; leave it out`);
  }
  if (flags.hostname) throw new GhArgumentError('--hostname is not passed on: there is one forge; leave it out');
  const fields = readFields(flags['raw-field'] ?? [], flags.field ?? [], surroundings);
  const input = flags.input?.at(-1);
  const hasFields = Object.keys(fields).length > 0;
  const explicit = flags.method?.at(-1);
  const method = (explicit ?? (hasFields || input !== undefined ? 'POST' : 'GET')).toUpperCase();
  if (!/^(?:GET|HEAD|POST|PUT|PATCH|DELETE)$/.test(method))
    throw new GhArgumentError(`expected GET, HEAD, POST, PUT, PATCH or DELETE, got ${method}`);
  const path = fillPlaceholders(endpoint, surroundings).replace(/^\//, '');
  if (path.includes('://')) throw new GhArgumentError('expected a path such as repos/{owner}/{repo}/issues, got a whole URL');

  if (input !== undefined) {
    if (input === '-')
      throw new GhArgumentError('standard input is not read; write the body to a file in the workspace and pass --input FILE');
    return { method, path: withQuery(path, fields), body: parseJson(surroundings.readFile(input), input) };
  }
  if (method === 'GET') return { method, path: withQuery(path, fields) };
  return hasFields ? { method, path, body: fields } : { method, path };
}

function readArguments(args: readonly string[]): { endpoint: string; flags: Partial<Record<FlagName, string[]>> } {
  const flags: Partial<Record<FlagName, string[]>> = {};
  const operands: string[] = [];
  const add = (name: FlagName, value: string) => {
    flags[name] = [...(flags[name] ?? []), value];
  };
  const rest = [...args];
  const nextValue = (flag: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new GhArgumentError(`${flag} needs a value`);
    return value;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      operands.push(...rest.splice(0));
    } else if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = (equals < 0 ? arg.slice(2) : arg.slice(2, equals)) as FlagName;
      if (valueFlags.includes(name)) add(name, equals < 0 ? nextValue(arg) : arg.slice(equals + 1));
      else if (switchFlags.includes(name) && equals < 0) add(name, 'true');
      else
        throw new GhArgumentError(
          `gh api has no option ${arg} here; use -X, -f, -F, -H, --input, --jq, --paginate, -i or --silent`,
        );
    } else if (arg.startsWith('-') && arg !== '-') {
      readShorthands(arg.slice(1), add, nextValue);
    } else {
      operands.push(arg);
    }
  }
  const endpoint = operands[0];
  if (operands.length !== 1 || !endpoint) throw new GhArgumentError(`expected exactly one endpoint, got ${operands.length}`);
  return { endpoint, flags };
}

/** `-iX POST`, `-XPOST`, `-X=POST`: switches may be bundled, a value ends the bundle. */
function readShorthands(bundle: string, add: (name: FlagName, value: string) => void, nextValue: (flag: string) => string): void {
  for (let at = 0; at < bundle.length; at += 1) {
    const letter = bundle[at] ?? '';
    const name = Object.hasOwn(shorthands, letter) ? shorthands[letter] : undefined;
    if (!name) throw new GhArgumentError(`gh api has no option -${letter} here`);
    if (switchFlags.includes(name)) {
      if (bundle[at + 1] === '=') throw new GhArgumentError(`-${letter} takes no value`);
      add(name, 'true');
      continue;
    }
    const attached = bundle.slice(at + 1);
    add(name, attached === '' ? nextValue(`-${letter}`) : attached.replace(/^=/, ''));
    return;
  }
}

type Json = Record<string, unknown>;

/** gh reads all raw fields first, then the typed ones. Keys: `name`, `name[]`, `name[sub]…`, `name[][sub]`. */
function readFields(raw: readonly string[], typed: readonly string[], surroundings: GhApiSurroundings): Json {
  const result: Json = Object.create(null) as Json;
  for (const field of raw) addField(result, field, (text) => text);
  for (const field of typed) addField(result, field, (text) => typedValue(text, surroundings));
  return result;
}

function addField(result: Json, field: string, convert: (text: string) => unknown): void {
  const match = /^([^[\]=]+)((?:\[[^[\]=]*\])*)(?:=([\s\S]*))?$/.exec(field);
  if (!match) throw new GhArgumentError(`expected key=value, got ${JSON.stringify(field.slice(0, 80))}`);
  const keys = [match[1] ?? '', ...[...(match[2] ?? '').matchAll(/\[([^\]]*)\]/g)].map((sub) => sub[1] ?? '')];
  const text = match[3];
  const last = keys.at(-1);
  if (text === undefined && last !== '') throw new GhArgumentError(`the field ${field} needs a value after =`);
  place(result, keys, text === undefined ? undefined : convert(text), field);
}

function place(target: Json, keys: readonly string[], value: unknown, field: string): void {
  const clash = () =>
    new GhArgumentError(`the field ${field.slice(0, 80)} is given twice, or once as a value and once as a list or map`);
  const key = keys[0] ?? '';
  const existing = target[key];
  if (keys.length === 1) {
    if (Object.hasOwn(target, key) || existing !== undefined) throw clash();
    target[key] = value;
    return;
  }
  if (keys[1] !== '') {
    if (existing !== undefined && !isMap(existing)) throw clash();
    target[key] = existing ?? (Object.create(null) as Json);
    place(target[key] as Json, keys.slice(1), value, field);
    return;
  }
  if (existing !== undefined && !Array.isArray(existing)) throw clash();
  if (keys.length > 3 || (keys.length === 3 && keys[2] === ''))
    throw new GhArgumentError(`lists inside lists are not read: ${field.slice(0, 80)}; use --input FILE`);
  const list = (existing ?? []) as unknown[];
  target[key] = list;
  if (keys.length === 2) {
    if (value !== undefined) list.push(value);
    return;
  }
  const open = list.at(-1);
  const sub = keys[2] ?? '';
  if (isMap(open) && !Object.hasOwn(open, sub)) open[sub] = value;
  else list.push(Object.assign(Object.create(null) as Json, { [sub]: value }));
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function typedValue(text: string, surroundings: GhApiSurroundings): unknown {
  if (text.startsWith('@')) {
    if (text === '@-')
      throw new GhArgumentError('standard input is not read; write the text to a file in the workspace and pass @FILE');
    return surroundings.readFile(text.slice(1));
  }
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    if (!Number.isSafeInteger(number)) throw new GhArgumentError(`the number ${text} is too large; pass it as text with -f`);
    return number === 0 ? 0 : number;
  }
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  return fillPlaceholders(text, surroundings);
}

function fillPlaceholders(text: string, { repository, branch }: GhApiSurroundings): string {
  const [owner = '', repo = ''] = repository.split('/');
  return text.replace(
    /:(owner|repo|branch)\b|\{(owner|repo|branch)\}/g,
    (_all, colon: string | undefined, brace: string | undefined) => {
      const name = colon ?? brace;
      if (name === 'owner') return owner;
      if (name === 'repo') return repo;
      if (branch === null) throw new GhArgumentError('{branch} has no value: this run has no branch of its own');
      return branch;
    },
  );
}

function withQuery(path: string, fields: Json): string {
  const query = new URLSearchParams();
  const add = (key: string, value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) add(`${key}[]`, item);
    else if (isMap(value)) for (const [sub, item] of Object.entries(value)) add(sub, item);
    else query.append(key, value === null ? '' : String(value));
  };
  for (const [key, value] of Object.entries(fields)) add(key, value);
  const text = query.toString();
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new GhArgumentError(`expected JSON in ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
