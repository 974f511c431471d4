/**
 * Takes secrets out of text before it is stored or shown: what is known to be one, and what looks like one. Linear in the
 * length of the text: each pattern begins with fixed letters and then repeats one class of characters.
 */
export function createRedactor(known: readonly string[] = []): (text: string) => string {
  // A short "secret" would take half of every text away. Longest first: one can be the beginning of another.
  const exact = [...new Set(known)].filter((secret) => secret.length >= 8).sort((a, b) => b.length - a.length);
  // A secret is often seen escaped, inside a tool's JSON.
  const spellings = [...new Set(exact.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  return (text) => {
    let result = text;
    for (const secret of spellings) result = result.replaceAll(secret, mark);
    return redactSecrets(result);
  };
}

const mark = '[redacted]';

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

/** The same, in every string of a value. Keys are left alone. */
export function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactValue(item, redact)]));
  }
  return value;
}
