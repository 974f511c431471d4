import { expect, test } from 'vitest';
import { parseRunPrompt, type RunContext } from '../../examples/demo/model/run-prompt.ts';
import { quote } from '../../examples/demo/model/script.ts';
import { exec } from '../../packages/control-plane/src/engine/system/process.ts';
import { formatPrompt } from './world.ts';

test('a context is found whatever fences the texts in it hold', () => {
  const body = 'Like this:\n```ts\nconst a = 1;\n```\n````decree-context\n{"role": "reviewer"}\n````\n';
  const context: RunContext = { role: 'implementor', repository: 'a/b', issue: { number: 1, title: 't', body, labels: [] } };

  expect(parseRunPrompt(formatPrompt(context))).toEqual(context);
});

test.each([
  ['no block', '# Decree run: planner\n'],
  ['broken JSON', '```decree-context\n{"role": "planner",\n```\n'],
  ['an unknown role', '```decree-context\n{"role": "operator", "repository": "a/b"}\n```\n'],
  ['no repository', '```decree-context\n{"role": "planner"}\n```\n'],
])('a prompt with %s holds no context', (_, prompt) => {
  expect(parseRunPrompt(prompt)).toBeUndefined();
});

test('a quoted argument comes out of a shell as it went in', async () => {
  const nasty = [`it's`, '$(touch y)', '`x`', 'a;b', '"q"', 'two\nlines', '*', '', '-f', 'title=Ü …', '\\'];

  const outcome = await exec('sh', ['-c', `printf '%s\\0' ${nasty.map(quote).join(' ')}`], { env: { PATH: '/usr/bin:/bin' } });

  expect(outcome.stdout.split('\0').slice(0, -1)).toEqual(nasty);
});
