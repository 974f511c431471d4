import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run, runLines, until } from './programs.ts';

const handOver = (code: string): string => `
  import { handOver, runMain } from './launch.mjs';
  runMain(() => handOver(process.execPath, ['-e', ${JSON.stringify(code)}]));
`;

describe('handing over to a program', () => {
  test('passes its output and its exit code on', async () => {
    const ended = await runLines(handOver('console.log("said"); process.exitCode = 42')).ended;

    expect(ended).toMatchObject({ code: 42, signal: null, stdout: 'said\n', stderr: '' });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on and waits for the end', async (signal) => {
    const program = runLines(
      handOver(
        `process.on('${signal}', () => { console.log('heard'); process.exit(3); }); setInterval(() => {}, 1e6); console.log('ready')`,
      ),
    );
    await until(() => program.output().includes('ready'), 'the program to be ready');
    program.child.kill(signal);

    expect(await program.ended).toMatchObject({ code: 3, signal: null, stdout: 'ready\nheard\n' });
  });

  test('dies of the signal that the program died of', async () => {
    const ended = await runLines(handOver(`process.kill(process.pid, 'SIGKILL')`)).ended;

    expect(ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('puts its Node first on PATH and keeps compiled code', async () => {
    const ended = await runLines(
      handOver('console.log(process.env.PATH.split(":")[0]); console.log(process.env.NODE_COMPILE_CACHE)'),
      {
        XDG_CACHE_HOME: '/tmp/some-cache',
        NODE_COMPILE_CACHE: '',
      },
    ).ended;

    expect(ended.stdout).toBe(`${dirname(process.execPath)}\n/tmp/some-cache/decree/compiled\n`);
  });

  test('runs TypeScript in any directory, even beside a tsconfig.json that cannot be read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'decree-hand-over-'));
    try {
      await writeFile(join(directory, 'tsconfig.json'), '{ "extends": "./nowhere", nonsense');
      await writeFile(join(directory, 'main.ts'), 'const said: string = process.argv[2]!;\nconsole.log(said);\n');
      const launch = new URL('../../packages/control-plane/bin/launch.mjs', import.meta.url).href;
      const code = `
        import { handOver, runMain, typescriptArgs } from '${launch}';
        runMain(() => handOver(process.execPath, typescriptArgs(${JSON.stringify(join(directory, 'main.ts'))}, ['hello'])));
      `;

      const ended = await run(['--input-type=module', '-e', code], { cwd: directory }).ended;

      expect(ended).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('refuses a command that it does not know, and names those that it does', async () => {
    const script = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url));

    const ended = await run([script, 'demmo']).ended;

    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/expected one of demo, .*test.*, got "demmo"/);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });
});
