import { parseDocument } from 'yaml';
import { clip } from '../clip.ts';
import { yamlProblem } from '../yaml-problem.ts';

/** What `.claude/agents/<name>.md` says: who an agent is, what it may be offered, how long it may go on. */
export interface AgentDefinition {
  description: string;
  systemPrompt: string;
  /** null: whatever the adapter offers. */
  tools: string[] | null;
  disallowedTools: string[];
  /** null: the adapter's own. */
  model: string | null;
  maxTurns: number | null;
}

/** An agent definition that is missing or malformed. The dispatch that needs it fails with this; the engine goes on. */
export class AgentDefinitionError extends Error {
  override readonly name = 'AgentDefinitionError';
  readonly file: string;
  /** `(file)` where it is the file as a whole. */
  readonly key: string;
  readonly expected: string;
  readonly got: string;

  constructor(problem: { file: string; key: string; expected: string; got: string }) {
    super(`${problem.file}: ${problem.key}: expected ${problem.expected}, got ${problem.got}`);
    this.file = problem.file;
    this.key = problem.key;
    this.expected = problem.expected;
    this.got = problem.got;
  }
}

export const maxDefinitionCharacters = 256 * 1024;
const maxFrontmatterCharacters = 16 * 1024;
const toolPattern = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
const modelPattern = /^[A-Za-z0-9][\w.:@/[\]-]{0,199}$/;

/** Parses the text of the definition in `file`; null: there is no such file. Keys that are not ours are left alone. */
export function parseDefinition(text: string | null, file: string): AgentDefinition {
  const fail = (key: string, expected: string, got: unknown): never => {
    throw new AgentDefinitionError({ file, key, expected, got: typeof got === 'string' ? got : describe(got) });
  };
  if (text === null) return fail('(file)', 'an agent definition', 'no such file');
  if (text.length > maxDefinitionCharacters) fail('(file)', `at most ${maxDefinitionCharacters} characters`, `${text.length}`);

  const { head, body } = split(text) ?? fail('(file)', 'frontmatter between two lines of ---', describe(text.slice(0, 40)));
  if (head.length > maxFrontmatterCharacters) {
    fail('(file)', `frontmatter of at most ${maxFrontmatterCharacters} characters`, `${head.length}`);
  }
  const values = readYaml(head, fail);

  const read = <T>(key: string, parse: (value: unknown) => T | undefined, expected: string): T | null => {
    const value = values[key];
    if (value === undefined || value === null) return null;
    return parse(value) ?? fail(key, expected, describe(value));
  };
  const tools = (key: string) => read(key, parseTools, 'tool names, comma-separated or as a list');
  const description = read('description', parseLine, 'a line of text');
  const systemPrompt = body.trim();
  if (systemPrompt === '') fail('(body)', 'the system prompt below the frontmatter', 'nothing');
  return {
    description: description ?? fail('description', 'a line of text', 'nothing'),
    systemPrompt,
    tools: tools('tools'),
    disallowedTools: tools('disallowedTools') ?? [],
    // `inherit` is what definitions of sub-agents say for "no model of my own".
    model: read('model', (value) => (value === 'inherit' ? { id: null } : parseModel(value)), 'the name of a model')?.id ?? null,
    maxTurns: read('maxTurns', parseTurns, 'a whole number from 1 to 10000'),
  };
}

function split(text: string): { head: string; body: string } | null {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) return null;
  return { head: lines.slice(1, end).join('\n'), body: lines.slice(end + 1).join('\n') };
}

function readYaml(head: string, fail: (key: string, expected: string, got: unknown) => never): Record<string, unknown> {
  const document = parseDocument(head, { uniqueKeys: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) fail('(frontmatter)', 'YAML', yamlProblem(error, 1));
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    fail('(frontmatter)', 'YAML without aliases', cause instanceof Error ? cause.message : 'something else');
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) fail('(frontmatter)', 'keys and values', values);
  return values as Record<string, unknown>;
}

function parseTools(value: unknown): string[] | undefined {
  const names = typeof value === 'string' ? value.split(',').map((tool) => tool.trim()) : value;
  if (!Array.isArray(names)) return undefined;
  const given = names.filter((tool) => tool !== '');
  const valid = given.every((tool): tool is string => typeof tool === 'string' && toolPattern.test(tool));
  return valid ? [...new Set(given as string[])] : undefined;
}

const parseLine = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 2_000 ? value.trim() : undefined;

const parseModel = (value: unknown): { id: string | null } | undefined =>
  typeof value === 'string' && modelPattern.test(value) ? { id: value } : undefined;

const parseTurns = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 10_000 ? value : undefined;

const describe = (value: unknown): string => clip(JSON.stringify(value) ?? String(value), 100);
