import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DecreeConfig, evaluateConfig, parseConfig, renderConfigGuide } from '../../src/config/index.ts';

const problems = (value: unknown): string[] => {
  try {
    parseConfig(value, 'control-plane.config.ts');
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems;
  }
  return [];
};

describe('a config', () => {
  it('has a default for everything', () => {
    const config = parseConfig({}, 'nothing');
    expect(config).toMatchObject({
      repositories: [{}],
      sensors: {
        issues: { pollIntervalSeconds: 30 },
        specs: { pollIntervalSeconds: 60, directory: 'docs/specs' },
        pulls: { pollIntervalSeconds: 30 },
      },
      agents: { planner: { definition: 'planner', adapter: 'claude' }, maxDurationSeconds: 1800, parkAfterSeconds: 45 },
      concurrency: { agents: 4 },
      shutdownTimeoutSeconds: 300,
      queue: 'ledger',
    });
  });

  it('may take a key of the terminal away', () => {
    expect(parseConfig({ tui: { keys: { 'task.merge': [] } } }, 'x').tui.keys).toEqual({ 'task.merge': [] });
  });

  it('is frozen to its depth', () => {
    const config = parseConfig({}, 'nothing') as unknown as { agents: { planner: { model?: string } }; repositories: unknown[] };
    expect(() => {
      config.agents.planner.model = 'x';
    }).toThrow(TypeError);
    expect(() => config.repositories.push({})).toThrow(TypeError);
  });

  it('takes every key that a person may set', () => {
    const whole = {
      repositories: [
        {
          id: 'acme/widgets',
          defaultBranch: 'trunk',
        },
      ],
      agents: {
        implementor: { adapter: 'mine', model: 'opus' },
        adapters: { mine: { command: ['node', 'agent.mjs'] } },
        contextPaths: ['CLAUDE.md'],
      },
      setupCommand: ['yarn', 'install'],
      claude: { env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' } },
      store: { postgresUrl: 'postgres://localhost/decree' },
    } satisfies DecreeConfig;
    const config = parseConfig(whole, 'whole');
    expect(config.agents.implementor).toEqual({ definition: 'implementor', adapter: 'mine', model: 'opus' });
  });

  it.each<[string, unknown, string]>([
    ['a wrong type', { shutdownTimeoutSeconds: '300' }, 'shutdownTimeoutSeconds: expected a whole number, found "300"'],
    ['a fraction', { shutdownTimeoutSeconds: 1.5 }, 'shutdownTimeoutSeconds: expected a whole number, found 1.5'],
    ['not a number', { shutdownTimeoutSeconds: Number.NaN }, 'shutdownTimeoutSeconds: expected a whole number, found NaN'],
    [
      'too small',
      { sensors: { issues: { pollIntervalSeconds: 0 } } },
      'sensors.issues.pollIntervalSeconds: expected at least 1, found 0',
    ],
    ['too large', { agents: { parkAfterSeconds: 90 } }, 'agents.parkAfterSeconds: expected at most 60, found 90'],
    [
      'another word',
      { logging: { level: 'loud' } },
      'logging.level: expected "trace" or "debug" or "info" or "warn" or "error" or "silent", found "loud"',
    ],
    ['a misspelt key', { sensors: { issue: {} } }, 'sensors.issue: expected no such key (did you mean issues?), found an object'],
    [
      'a misspelt key inside a list',
      { repositories: [{ githb: {} }] },
      'repositories.0.githb: expected no such key (did you mean github?), found an object',
    ],
    ['an unknown key', { policy: { zzzzzz: 1 } }, 'policy.zzzzzz: expected no such key; there are paths, found 1'],
    ['two repositories', { repositories: [{}, {}] }, 'repositories: expected exactly one repository, for now, found a list of 2'],
    ['no repository', { repositories: [] }, 'repositories: expected exactly one repository, for now, found a list of 0'],
    ['a name that is none', { repositories: [{ id: 'acme' }] }, 'repositories.0.id: expected owner/name, found "acme"'],
    [
      'a missing key',
      { repositories: [{ github: { appId: 1, privateKeyPath: 'x' } }] },
      'repositories.0.github.installationId: expected a whole number, found nothing',
    ],
    ['a command as one string', { setupCommand: 'yarn install' }, 'setupCommand: expected a list, found "yarn install"'],
    ['an empty command', { setupCommand: [] }, 'setupCommand: expected a list of at least 1, found a list of 0'],
    [
      'an adapter that is not there',
      { agents: { planner: { adapter: 'mine' } } },
      'agents.planner.adapter: expected "claude", found "mine"',
    ],
    ['Temporal', { queue: 'temporal' }, 'queue: expected "ledger": the queue on Temporal is not there yet, found "temporal"'],
    [
      'a path out of the repository',
      { sensors: { specs: { directory: '../x' } } },
      'sensors.specs.directory: expected a path inside the repository, without a leading / and without .., found "../x"',
    ],
    ['a function', { agents: () => 1 }, 'agents: expected an object, found a function'],
    ['null', { data: null }, 'data: expected a text, found null'],
    ['nothing at all', undefined, '(the whole): expected an object, found nothing'],
    ['a list', [], '(the whole): expected an object, found a list of 0'],
    ['a secret', { store: { postgresUrl: 'mysql://root:hunter2@x' } }, 'store.postgresUrl: expected a URL, found a string'],
    [
      'an App id that is none',
      { repositories: [{ github: { appId: 'x', privateKeyPath: 'x', installationId: 1 } }] },
      'repositories.0.github.appId: expected a number, or a text of digits, found "x"',
    ],
    [
      'a wrong name of a variable',
      { claude: { env: { 'A B': 'x' } } },
      'claude.env.A B: expected a name of a variable as the key, found "A B"',
    ],
    ['no money', { budgets: { perRunUsd: 0 } }, 'budgets.perRunUsd: expected more than 0, found 0'],
  ])('with %s is refused with key, expected and found', (_name, value, line) => {
    expect(problems(value)).toEqual([line]);
  });

  it.each<[string, DecreeConfig]>([
    ['repositories.0.github', { repositories: [{ github: { appId: 1, privateKeyPath: 'key.pem', installationId: 2 } }] }],
    ['data', { data: '/elsewhere' }],
    ['budgets.perRunUsd', { budgets: { perRunUsd: 5 } }],
    ['budgets.perTaskUsd', { budgets: { perTaskUsd: 5 } }],
    ['budgets.perDayUsd', { budgets: { perDayUsd: 5 } }],
    ['checks', { checks: [{ name: 'tests', command: ['npm', 'test'] }] }],
    ['hosts', { hosts: ['registry.example'] }],
    ['dependencies', { dependencies: 'enforce' }],
    ['api.port', { api: { port: 8080 } }],
    ['api.allowedOrigins', { api: { allowedOrigins: ['https://console.example'] } }],
  ])('with %s, on which nothing acts yet, is refused', (key, value) => {
    expect(problems(value)).toEqual([
      expect.stringMatching(new RegExp(`^${key}: expected to be left out, since this version does not act on it: `)),
    ]);
  });

  it('may say what is so anyway', () => {
    expect(problems({ dependencies: 'warn', checks: [], budgets: {} })).toEqual([]);
  });

  it('names every wrong key at once, and its source', () => {
    expect(() => parseConfig({ data: 1, dat: 2, queue: 'x' }, 'my.json')).toThrow(
      /^my\.json is not a valid config:\n {2}data: .*\n {2}queue: .*\n {2}dat: .*did you mean data/,
    );
  });
});

describe('a config file', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'decree-config-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const evaluate = (text: string, fileName = 'control-plane.config.ts') => evaluateConfig({ text, fileName, directory });

  it('in TypeScript is evaluated, types and all, and leaves nothing behind', async () => {
    const text = `import type { DecreeConfig } from '@decree/control-plane/config';
// import x from 'y' in a comment
const hours = (n: number): number => n * 3600;
export default { approvals: { deadlineSeconds: hours(2) }, data: "import 'x'" } satisfies DecreeConfig;`;
    expect(await evaluate(text)).toEqual({ approvals: { deadlineSeconds: 7200 }, data: "import 'x'" });
    expect(await readdir(directory)).toEqual([]);
  });

  it('is read anew when its text changes', async () => {
    expect(await evaluate('export default { data: "a" }')).toEqual({ data: 'a' });
    expect(await evaluate('export default { data: "b" }')).toEqual({ data: 'b' });
  });

  it.each([
    ['a loop', 'for (;;) {}\nexport default {};', 500, /did not finish in time/],
    [
      'a wait for ever',
      'await new Promise(() => undefined);\nexport default {};',
      500,
      /did not finish in time|ended the process/,
    ],
    ['an exit', 'process.exit(0);\nexport default {};', 60_000, /ended the process/],
    ['a function as a value', 'export default { hosts: () => [] };', 60_000, /no plain value/],
  ])('with %s holds nothing up and ends nothing', async (_, text, deadlineMs, message) => {
    const deadline = AbortSignal.timeout(deadlineMs);
    const evaluated = evaluateConfig({ text, fileName: 'control-plane.config.ts', directory, deadline });
    await expect(evaluated).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(message) });
    expect(await readdir(directory)).toEqual([]);
  });

  it('in JSON is parsed', async () => {
    expect(await evaluate('{"data":"a"}', 'control-plane.config.json')).toEqual({ data: 'a' });
    await expect(evaluate('{data', 'control-plane.config.json')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('expected JSON'),
    });
  });

  it.each([
    ["import { x } from './x.ts';\nexport default {}", 1],
    ["import './x.ts';\nexport default {}", 1],
    ["import x, { type Y } from 'node:fs';\nexport default {}", 1],
    ["import { type Y } from 'node:fs';\nexport default {}", 1],
    ["import type { X } from 'x';\nimport fs from 'node:fs';\nexport default {}", 2],
    ["export default {};\nexport { x } from 'y';", 2],
    ["export default {};\nexport * from 'y';", 2],
    ["export default { data: await import('node:fs') }", 1],
    ["export default { data: `${(await import('node:os')).homedir()}` }", 1],
    ["export default { data: `a${'}'}${`b${import('x')}`}` }", 1],
    ["const r = /[\"']/;\nimport fs from 'node:fs';\nexport default {}", 2],
    ["export default { data: require('x') }", 1],
    ['export default { data: import.meta.url }', 1],
  ])('that imports is refused with its line: %j', async (text, line) => {
    await expect(evaluate(text)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(new RegExp(`^control-plane\\.config\\.ts:${line}: .*only .import type. is allowed`)),
    });
  });

  it.each([
    ['does not parse', 'export default {'],
    ['throws', 'throw new Error("no"); export default {}'],
    ['has no default export', 'export const x = {};'],
  ])('that %s is refused without a stack', async (_name, text) => {
    const error = (await evaluate(text).catch((refusal: unknown) => refusal)) as { code: string; message: string };
    expect(error.code).toBe('invalid');
    expect(error.message).toMatch(/^control-plane\.config\.ts/);
    expect(error.message).not.toContain(directory);
    expect(await readdir(directory)).toEqual([]);
  });
});

it('is described by docs/guide/config.md, word for word', async () => {
  await expect(renderConfigGuide()).toMatchFileSnapshot('../../../../docs/guide/config.md');
});
