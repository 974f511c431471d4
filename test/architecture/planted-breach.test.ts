import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { concreteParts, importRules, libraryHomes, textRules } from './rules.ts';

const engine = 'packages/control-plane/src/engine';
const product = 'packages/control-plane/src';
const plain = 'export const a = 1;\n';

/** For each rule a file that breaks it, and the file it needs beside it. */
const planted: readonly { rule: string; path: string; text: string; beside?: Record<string, string> }[] = [
  { rule: 'contracts stand alone', path: 'packages/contracts/src/planted.ts', text: `import { hash } from 'node:crypto';` },
  { rule: 'contracts stand alone', path: 'packages/contracts/src/planted.ts', text: `import type { Logger } from 'pino';` },
  {
    rule: 'client knows only contracts',
    path: 'packages/client/src/planted.ts',
    text: `import type { Engine } from '@decree/control-plane/engine';`,
  },
  {
    rule: 'console talks through the client',
    path: 'packages/console/src/planted.ts',
    text: `import { join } from 'node:path';`,
  },
  {
    rule: 'a user interface sees an Engine only by its type',
    path: `${product}/api/planted.ts`,
    text: `import { systemClock } from '../engine/system/clock.ts';`,
  },
  {
    rule: 'a user interface sees an Engine only by its type',
    path: `${product}/tui/planted.ts`,
    text: `import { systemClock } from '../engine/system/clock.ts';`,
  },
  {
    rule: 'the command line is handed its engine',
    path: `${product}/cli/planted.ts`,
    text: `import { systemClock } from '../engine/system/clock.ts';`,
  },
  {
    rule: 'config is read by others and knows nobody',
    path: `${product}/config/planted.ts`,
    text: `import type { Ledger } from '../engine/ledger/port.ts';`,
  },
  {
    rule: 'the engine knows no user interface',
    path: `${engine}/runs/planted.ts`,
    text: `import type { A } from '../../tui/planted-screen.ts';`,
    beside: { [`${product}/tui/planted-screen.ts`]: plain },
  },
  {
    rule: 'the engine knows no user interface',
    path: `${engine}/runs/planted.ts`,
    text: `import { connect } from '@decree/client';`,
  },
  {
    rule: 'only main chooses',
    path: `${product}/cli/planted.ts`,
    text: `import { a } from '../main.ts';`,
    beside: { [`${product}/main.ts`]: plain },
  },
  {
    rule: 'pure rooms import contracts only',
    path: `${engine}/workflow/planted.ts`,
    text: `import type { Clock } from '../system/clock.ts';`,
  },
  { rule: 'pure rooms import contracts only', path: `${engine}/workflow/planted.ts`, text: `import { join } from 'node:path';` },
  {
    rule: 'policy decides without acting',
    path: `${engine}/policy/planted.ts`,
    text: `import type { Ledger } from '../ledger/port.ts';`,
  },
  {
    rule: 'the system room knows nobody',
    path: `${engine}/system/planted.ts`,
    text: `import type { RunId } from '@decree/contracts';`,
  },
  {
    rule: 'a concrete part is reached through its port',
    path: `${engine}/runs/planted.ts`,
    text: `import { a } from '../ledger/sqlite-planted.ts';`,
    beside: { [`${engine}/ledger/sqlite-planted.ts`]: plain },
  },
  { rule: 'each library has one home', path: `${engine}/runs/planted.ts`, text: `import { spawn } from 'child_process';` },
  { rule: 'each library has one home', path: `${engine}/runs/planted.ts`, text: `import Database from 'better-sqlite3';` },
  { rule: 'no clock', path: `${engine}/runs/planted.ts`, text: 'export const at = (): number => Date.now();' },
  { rule: 'no clock', path: 'packages/contracts/src/planted.ts', text: 'export const at = new Date();' },
  { rule: 'no timer', path: `${engine}/runs/planted.ts`, text: 'setTimeout(() => undefined, 1);' },
  { rule: 'no chance', path: `${engine}/runs/planted.ts`, text: 'export const a = Math.random();' },
  { rule: 'no chance', path: `${engine}/runs/planted.ts`, text: `import { randomUUID } from 'node:crypto';` },
  { rule: 'no environment', path: `${engine}/runs/planted.ts`, text: 'export const home = process.env.HOME;' },
  { rule: 'no environment', path: `${engine}/runs/planted.ts`, text: 'const { env } = process;' },
  { rule: 'imports are named', path: `${engine}/runs/planted.ts`, text: 'export const a = await import(name);' },
  { rule: 'no export *', path: `${engine}/runs/planted.ts`, text: `export * from './port.ts';` },
  { rule: 'no default export', path: 'bench/planted.ts', text: 'export default 1;' },
  { rule: 'no enum', path: 'test/planted.ts', text: 'export const enum State { a }' },
  { rule: 'no silent catch', path: `${engine}/runs/planted.ts`, text: 'try { a(); } catch (error) { /* nothing */ }' },
  { rule: 'no silent catch', path: `${engine}/runs/planted.ts`, text: 'void a().catch(() => {});' },
  { rule: 'files end at 400 lines', path: 'bench/planted.ts', text: '\n'.repeat(401) },
  { rule: 'a long file says why', path: 'bench/planted.ts', text: `${plain}${'\n'.repeat(250)}` },
  { rule: 'folders are stages of the data path', path: `${engine}/utils/planted.ts`, text: plain },
  { rule: 'imports resolve', path: `${engine}/runs/planted.ts`, text: `import { a } from './nowhere.ts';` },
  {
    rule: 'no cycle between files',
    path: `${engine}/runs/planted.ts`,
    text: `import { b } from './planted-b.ts';`,
    beside: {
      [`${engine}/runs/planted-b.ts`]: `import { c } from './planted-c.ts';`,
      [`${engine}/runs/planted-c.ts`]: `import { a } from './planted.ts';`,
    },
  },
  {
    rule: 'no cycle between rooms',
    path: `${engine}/planted-one/a.ts`,
    text: `import { b } from '../planted-two/b.ts';`,
    beside: {
      [`${engine}/planted-two/b.ts`]: plain,
      [`${engine}/planted-two/c.ts`]: `import { d } from '../planted-one/d.ts';`,
      [`${engine}/planted-one/d.ts`]: plain,
    },
  },
];

describe('a planted breach is found', () => {
  test.each(planted.map((breach) => [breach.rule, breach.path, breach] as const))('%s (%s)', (rule, path, { text, beside }) => {
    const files = new Map([[path, text], ...Object.entries(beside ?? {})]);

    const found = check(files).filter((breach) => breach.rule === rule);

    expect(
      found.some((breach) => breach.file === path || breach.detail.includes('planted')),
      JSON.stringify(found),
    ).toBe(true);
  });

  test('and every rule has one planted', () => {
    const names = new Set(planted.map((breach) => breach.rule));

    expect([...importRules, ...textRules].map((rule) => rule.name).filter((name) => !names.has(name))).toEqual([]);
  });

  test.each(concreteParts.map(({ part }) => [part[0]!]))('a stranger importing the concrete part %s is found', (part) => {
    const place = part.replace(/\.ts$/, '').replace('**', 'planted').replace('*', '-planted');
    const target = place.replace('control-plane/', `${product}/`);
    const files = new Map([
      [`${target}.ts`, plain],
      [`${engine}/stranger/a.ts`, `import { a } from '../${target.slice(engine.length + 1)}.ts';`],
    ]);

    expect(check(files).map((breach) => breach.rule)).toEqual(['a concrete part is reached through its port']);
  });

  test.each(libraryHomes.flatMap(({ library }) => library))('the library %s away from home is found', (library) => {
    const specifier = library.replace('npm:', '').replace('*', 'planted');
    const files = new Map([[`${engine}/stranger/a.ts`, `import * as a from '${specifier}';`]]);

    expect(check(files).map((breach) => breach.rule)).toEqual(['each library has one home']);
  });

  test('and what keeps the rules is left alone', () => {
    const files = new Map([
      [
        `${engine}/runs/a.ts`,
        `import type { Clock } from '../system/clock.ts';\n// Date.now() in a comment, 'process.env' in a string\n`,
      ],
      [`${engine}/system/clock.ts`, 'export const now = (): number => Date.now();\n'],
      [`${engine}/create-engine.ts`, `import { a } from './ledger/sqlite.ts';\n`],
      [`${engine}/ledger/sqlite.ts`, `import Database from 'better-sqlite3';\n`],
      [`${product}/api/routes.ts`, `import { Hono } from 'hono';\nimport type { Engine } from '../engine/index.ts';\n`],
      [`${engine}/index.ts`, `export { a } from './create-engine.ts';\n`],
    ]);

    expect(check(files)).toEqual([]);
  });
});
