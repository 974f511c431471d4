/**
 * Takes secrets out of text before it is stored or shown: what is known to be one, and what looks like one. Linear in the
 * length of the text: each pattern begins with fixed letters and then repeats one class of characters.
 */
export function createRedactor(known: readonly string[] = []): (text: string) => string {
  // A short "secret" would take half of every text away. Longest first: one can be the beginning of another.
  const exact = [...new Set(known)].filter((secret) => secret.length >= shortestSecret).sort((a, b) => b.length - a.length);
  // A secret is often seen escaped, inside a tool's JSON.
  const spellings = [...new Set(exact.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  return (text) => {
    if (text.length < shortestSecret) return text;
    let result = text;
    for (const secret of spellings) result = result.replaceAll(secret, mark);
    return redactSecrets(result);
  };
}

const mark = '[redacted]';
/** Nothing shorter is taken for a secret, known or by its looks. */
const shortestSecret = 8;

const patterns: readonly RegExp[] = [
  // GitHub: personal, OAuth, user-to-server, server-to-server, refresh; fine-grained.
  /gh[pousr]_[A-Za-z0-9_]{20,}/g,
  /github_pat_[A-Za-z0-9_]{20,}/g,
  // Anthropic, OpenAI. `task-list-of-…` is none.
  /(?<![A-Za-z0-9])sk-(?:ant-|proj-)[A-Za-z0-9_-]{16,}/g,
  /(?<![A-Za-z0-9])sk-[A-Za-z0-9]{32,}/g,
  // AWS access key ids.
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  // Slack, GitLab, npm, Google.
  /xox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /glpat-[A-Za-z0-9_-]{20,}/g,
  /npm_[A-Za-z0-9]{36}/g,
  /AIza[A-Za-z0-9_-]{35}/g,
];

/** How all of these begin. Nearly every text has none of it, and is looked at once instead of ten times. */
const anyBegin = /gh[pousr]_|github_pat_|sk-|AKIA|ASIA|xox[abeoprs]-|glpat-|npm_|AIza|-----BEGIN /;

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/g;
const keyEnd = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/g;

/** What looks like a secret, by itself. */
export function redactSecrets(text: string): string {
  if (!anyBegin.test(text)) return text;
  let result = redactKeys(text);
  for (const pattern of patterns) result = result.replace(pattern, mark);
  return result;
}

/** Private key blocks, to their end or, where that was cut off, to the end of the text. */
function redactKeys(text: string): string {
  let result = '';
  let from = 0;
  keyBegin.lastIndex = 0;
  for (let begin = keyBegin.exec(text); begin; begin = keyBegin.exec(text)) {
    keyEnd.lastIndex = keyBegin.lastIndex;
    const end = keyEnd.exec(text);
    result += `${text.slice(from, begin.index)}${mark}`;
    from = end ? keyEnd.lastIndex : text.length;
    keyBegin.lastIndex = from;
  }
  return result + text.slice(from);
}

/** The same, in every string of a value. Keys are left alone. Nearly every value has none, and is given back as it is. */
export function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => redactValue(item, redact));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const fields = value as Record<string, unknown>;
  const names = Object.keys(fields);
  let clean: [string, unknown][] | null = null;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const item = redactValue(fields[name], redact);
    if (!clean && item !== fields[name]) clean = names.slice(0, index).map((before) => [before, fields[before]]);
    clean?.push([name, item]);
  }
  return clean ? Object.fromEntries(clean) : value;
}
