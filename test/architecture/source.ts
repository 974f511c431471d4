/**
 * Reads a TypeScript file as far as the rules need it: its code without comments and without the insides of strings, and
 * what it imports. TypeScript 7 has no API for JavaScript, so this is a small scanner of our own.
 */
export interface Import {
  specifier: string;
  line: number;
  /** Nothing of it is left at run time (`import type`, `export type … from`, `typeof import()`). */
  typeOnly: boolean;
}

export interface Source {
  path: string;
  text: string;
  /** As long as `text`; comments, strings' insides and regular expressions are blanks, line ends stay. */
  code: string;
  imports: Import[];
}

export function readSource(path: string, text: string): Source {
  const code = blank(text);
  return { path, text, code, imports: findImports(text, code) };
}

export function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Quotes stay where they are, so that a string literal is found again in `text` at the same place. */
function blank(text: string): string {
  const out = text.split('');
  const hide = (from: number, to: number): void => {
    for (let at = from; at < to && at < out.length; at += 1) if (out[at] !== '\n') out[at] = ' ';
  };
  /** One entry for each template that is open: how many braces are open inside its current ${…}. */
  const templates: number[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (text.startsWith('//', at)) {
      const end = endOr(text.indexOf('\n', at), text.length);
      hide(at, end);
      at = end;
    } else if (text.startsWith('/*', at)) {
      const end = endOr(text.indexOf('*/', at + 2), text.length - 2) + 2;
      hide(at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfString(text, at, char);
      hide(at + 1, end);
      at = end + 1;
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop();
      const end = endOfTemplate(text, at + 1);
      hide(at + 1, end);
      if (text.startsWith('${', end)) templates.push(0);
      at = end + (text.startsWith('${', end) ? 2 : 1);
    } else if (char === '/' && text[at + 1] !== '>' && regexMayStart(out, at)) {
      const end = endOfRegex(text, at);
      hide(at + 1, end);
      at = end + 1;
    } else {
      const depth = templates.length - 1;
      if (depth >= 0 && char === '{') templates[depth]! += 1;
      if (depth >= 0 && char === '}') templates[depth]! -= 1;
      at += 1;
    }
  }
  return out.join('');
}

/** A quote that does not close on its line is an apostrophe in JSX text: it ends there. */
function endOfString(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
    else if (text[at] === '\n') return start;
  }
  return start;
}

function endOfTemplate(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`' || text.startsWith('${', at)) return at;
  }
  return text.length;
}

function endOfRegex(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '\n') return start;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at;
  }
  return start;
}

/** After a value a slash divides; after an operator, a bracket or a keyword it opens a regular expression. */
function regexMayStart(code: readonly string[], slash: number): boolean {
  const before = code
    .slice(Math.max(0, slash - 60), slash)
    .join('')
    .trimEnd();
  if (before === '' || /[(,=:[!&|?{};+*%~^-]$/.test(before) || /=>$/.test(before)) return true;
  return /(^|[^\w$.])(return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/.test(before);
}

const importForms: readonly { form: RegExp; typeOnly(match: RegExpMatchArray): boolean }[] = [
  { form: /\bimport\s+(type\s+(?!from\b))?[\w$*{][^'"`;()]*?\bfrom\s*(?=['"])/g, typeOnly: (match) => Boolean(match[1]) },
  { form: /\bimport\s*(?=['"])/g, typeOnly: () => false },
  { form: /\bexport\s+(type\s+)?(?:\{[^}]*\}|\*(?:\s*as\s+[\w$]+)?)\s*from\s*(?=['"])/g, typeOnly: (match) => Boolean(match[1]) },
  { form: /(\btypeof\s+)?\bimport\s*\(\s*(?=['"`])/g, typeOnly: (match) => Boolean(match[1]) },
  { form: /\brequire(?:\.resolve)?\s*\(\s*(?=['"`])/g, typeOnly: () => false },
];

function findImports(text: string, code: string): Import[] {
  const found: (Import & { at: number })[] = [];
  for (const { form, typeOnly } of importForms) {
    for (const match of code.matchAll(form)) {
      const quote = match.index + match[0].length;
      const end = code.indexOf(code[quote]!, quote + 1);
      const specifier = text.slice(quote + 1, end);
      found.push({ specifier, line: lineOf(text, match.index), typeOnly: typeOnly(match), at: match.index });
    }
  }
  return found.sort((a, b) => a.at - b.at).map(({ specifier, line, typeOnly }) => ({ specifier, line, typeOnly }));
}

function endOr(index: number, otherwise: number): number {
  return index === -1 ? otherwise : index;
}
