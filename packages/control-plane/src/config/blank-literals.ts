/**
 * The same text with the insides of comments, strings and templates as blanks, so that words of the code can be looked for. A
 * `/` after an operator begins a regular expression. Code inside `${…}` stays.
 */
export function blankLiterals(text: string): string {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|`|\/|[{}]|[^\s]/g;
  let result = '';
  let at = 0;
  let last = '';
  /** For each open template, how many braces are open inside its `${`. */
  const templates: number[] = [];
  const copyTo = (end: number) => {
    result += text.slice(at, end);
    at = end;
  };
  const blankTo = (end: number) => {
    result += text.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  for (;;) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found) break;
    copyTo(found.index);
    const [piece] = found;
    if (piece.startsWith('//') || piece.startsWith('/*')) {
      blankTo(at + piece.length);
      continue;
    }
    const depth = templates.at(-1);
    if (piece[0] === '"' || piece[0] === "'") {
      copyTo(at + 1);
      if (piece.length > 1) {
        blankTo(at + piece.length - 2);
        copyTo(at + 1);
      }
    } else if (piece === '`' || (piece === '}' && depth === 0)) {
      copyTo(at + 1);
      if (piece === '}') templates.pop();
      if (templateText()) templates.push(0);
    } else if (piece === '/' && (last === '' || '(,=:[!&|?{};+-*%<>~^'.includes(last))) {
      const body = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/\w*/.exec(text.slice(at));
      blankTo(at + (body?.[0].length ?? 1));
    } else {
      if (depth !== undefined && piece === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && piece === '}') templates[templates.length - 1] = depth - 1;
      copyTo(at + piece.length);
    }
    last = piece.at(-1) ?? '';
  }
  copyTo(text.length);
  return result;

  /** Blanks a template's text up to its end (false) or to the inside of a `${` (true). */
  function templateText(): boolean {
    const body = /^(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/.exec(text.slice(at))?.[0].length ?? 0;
    blankTo(at + body);
    const inside = text.startsWith('${', at);
    copyTo(Math.min(text.length, at + (inside ? 2 : 1)));
    return inside;
  }
}
