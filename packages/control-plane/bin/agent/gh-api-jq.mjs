/**
 * The part of jq that `gh api --jq` is used for most: paths (`.a.b`, `.[0]`, `.[].name`, `."odd name"`, `?`), `length`,
 * `,` and `|` between them. Anything else is refused before a request is made, in words that say what works.
 */
export function compileJq(expression) {
  const stages = splitAt(expression, '|').map((stage) => splitAt(stage, ',').map((path) => compilePath(path, expression)));
  return (input) => {
    let values = [input];
    for (const paths of stages) values = values.flatMap((value) => paths.flatMap((path) => path(value)));
    return values.map(print);
  };
}

function compilePath(text, expression) {
  const path = text.trim();
  if (path === 'length') return (value) => [measure(value)];
  const steps = [];
  const token = /\.?\[\]|\.?\[(-?\d+)\]|\.?\["([^"\\]*)"\]|\."([^"\\]*)"|\.([A-Za-z_][A-Za-z0-9_]*)|\?/y;
  if (path !== '.') {
    if (!path.startsWith('.')) refuse(path, expression);
    while (token.lastIndex < path.length) {
      const match = token.exec(path);
      if (!match) refuse(path, expression);
      const [whole, index, quoted, dotted, name] = match;
      if (whole === '?') continue;
      if (whole.endsWith('[]')) steps.push(each);
      else if (index !== undefined)
        steps.push((value) => [value === null ? null : (listOf(value, whole).at(Number(index)) ?? null)]);
      else steps.push((value) => [field(value, quoted ?? dotted ?? name)]);
    }
  }
  return (value) => steps.reduce((values, step) => values.flatMap(step), [value]);
}

function each(value) {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null) return Object.values(value);
  throw new Error(`--jq: cannot go through ${JSON.stringify(value)} with []`);
}

function listOf(value, step) {
  if (!Array.isArray(value)) throw new Error(`--jq: ${step} needs a list, got ${JSON.stringify(value)?.slice(0, 40)}`);
  return value;
}

function field(value, name) {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`--jq: .${name} needs an object, got ${JSON.stringify(value)?.slice(0, 40)}`);
  return Object.hasOwn(value, name) ? value[name] : null;
}

function measure(value) {
  if (value === null) return 0;
  if (typeof value === 'string') return [...value].length;
  if (typeof value === 'number') return Math.abs(value);
  return Object.keys(value).length;
}

/** As gh prints: text bare, null as an empty line, everything else as JSON. */
function print(value) {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function splitAt(text, separator) {
  const parts = [''];
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function refuse(path, expression) {
  throw new Error(
    `--jq '${expression}': '${path}' is not understood without gh. What works: .a.b, .[0], .[].name, length, with , and | between. Or leave --jq out and read the JSON`,
  );
}
