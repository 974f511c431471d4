import { YAMLError } from 'yaml';

/** What is wrong with a YAML text, in one line, with its place in the file: `linesBefore` stand above the text there. */
export function yamlProblem(error: unknown, linesBefore: number): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  // The parser names a place in the text that it was given, and ends with a colon in front of an excerpt.
  const what = first.replace(/(?: at line \d+, column \d+)?:?\s*$/, '');
  const line = error instanceof YAMLError ? error.linePos?.[0].line : undefined;
  return line === undefined ? what : `${what} (line ${line + linesBefore})`;
}
