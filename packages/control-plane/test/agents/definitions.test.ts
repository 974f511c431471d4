import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentDefinitionError, maxDefinitionCharacters, parseDefinition } from '../../src/engine/agents/definitions.ts';

const file = '.claude/agents/planner.md';
const parse = (head: string, body = 'You plan.') => parseDefinition(`---\n${head}\n---\n${body}\n`, file);
const problem = (run: () => unknown): AgentDefinitionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof AgentDefinitionError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

describe('agent definitions', () => {
  it('reads tools from commas and from lists alike', () => {
    const expected = { tools: ['Read', 'Grep'], disallowedTools: ['Write'] };
    expect(parse('description: plans\ntools: Read, Grep\ndisallowedTools: Write')).toMatchObject(expected);
    expect(parse('description: plans\ntools:\n  - Read\n  - Grep\ndisallowedTools: [Write]')).toMatchObject(expected);
  });

  it('takes the body as the system prompt and leaves out what is not said', () => {
    expect(parse('description: plans', '\n# Who you are\n---\nA planner.\n')).toEqual({
      description: 'plans',
      systemPrompt: '# Who you are\n---\nA planner.',
      tools: null,
      disallowedTools: [],
      model: null,
      maxTurns: null,
    });
  });

  it('reads a file with Windows line ends and a byte order mark', () => {
    const text = '\uFEFF---\r\ndescription: plans\r\nmodel: claude-opus-4-5\r\nmaxTurns: 50\r\n---\r\nYou plan.\r\n';
    expect(parseDefinition(text, file)).toMatchObject({ model: 'claude-opus-4-5', maxTurns: 50, systemPrompt: 'You plan.' });
  });

  it('leaves keys alone that are not ours, and takes `inherit` as no model', () => {
    expect(parse('name: planner\ncolor: blue\ndescription: plans\nmodel: inherit').model).toBeNull();
  });

  it.each([
    ['a missing file', () => parseDefinition(null, file), '(file)', 'no such file'],
    ['no frontmatter', () => parseDefinition('You plan.', file), '(file)', '"You plan."'],
    ['an open frontmatter', () => parseDefinition('---\ndescription: x\nYou plan.', file), '(file)', '"---'],
    ['no description', () => parse('model: opus'), 'description', 'nothing'],
    ['a description that is no text', () => parse('description: [1]'), 'description', '[1]'],
    ['a tool that is no name', () => parse('description: x\ntools: Read, Bash(git:*)'), 'tools', '"Read, Bash(git:*)"'],
    ['tools that are numbers', () => parse('description: x\ntools: [1, 2]'), 'tools', '[1,2]'],
    ['turns below one', () => parse('description: x\nmaxTurns: 0'), 'maxTurns', '0'],
    ['turns as text', () => parse('description: x\nmaxTurns: many'), 'maxTurns', '"many"'],
    ['a model with an option in it', () => parse('description: x\nmodel: --dangerously'), 'model', '"--dangerously"'],
    ['an empty body', () => parse('description: x', ' \n '), '(body)', 'nothing'],
    ['broken YAML', () => parse('description: "x'), '(frontmatter)', ''],
    ['a key said twice', () => parse('description: x\ndescription: y'), '(frontmatter)', 'unique'],
    ['a list for frontmatter', () => parse('- a\n- b'), '(frontmatter)', '["a","b"]'],
    ['a bomb of aliases', () => parse('description: x\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]'), '(frontmatter)', 'alias'],
    [
      'a huge file',
      () => parseDefinition('x'.repeat(maxDefinitionCharacters + 1), file),
      '(file)',
      String(maxDefinitionCharacters + 1),
    ],
    ['a huge frontmatter', () => parse(`description: ${'x'.repeat(20_000)}`), '(file)', '20013'],
  ])('refuses %s and says what was expected and what came', (_what, run, key, got) => {
    const error = problem(run);
    expect(error).toMatchObject({ file, key });
    expect(error.got.toLowerCase()).toContain(got.toLowerCase());
    expect(error.message).toContain(`${file}: ${key}: expected `);
  });

  it('answers any text with a definition or a typed error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 50 }), (head, body) => {
        try {
          parse(head, body);
        } catch (error) {
          expect(error).toBeInstanceOf(AgentDefinitionError);
        }
      }),
    );
  });

  const own = (name: string) => {
    const path = `.claude/agents/${name}.md`;
    return parseDefinition(readFileSync(resolve(import.meta.dirname, '../../../..', path), 'utf8'), path);
  };

  it.each(['planner', 'implementor', 'reviewer'])('reads this repository’s own %s', (name) => {
    expect(own(name).tools).toContain('Bash');
  });

  // The Planner asks by an issue with task:refinement, and a Reviewer that cannot tell rejects.
  it('lets the Implementor alone ask a person', () => {
    const asking = ['planner', 'implementor', 'reviewer'].filter((name) => own(name).tools?.includes('AskUserQuestion'));
    expect(asking).toEqual(['implementor']);
  });
});
