import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRunning, makeHome, readCalls, runLines, until, writeFakeNpm } from './programs.ts';

const install = `
  import { installTool } from './toolchain.mjs';
  import { runMain } from './launch.mjs';
  runMain(() => installTool('tool-1', 'tool@1.0.0', { title: 'Tool 1', proof: 'tool/bin/tool' }));
`;
const installs = 'mkdir -p node_modules/tool/bin && sleep 0.3 && touch node_modules/tool/bin/tool';

describe('installing a tool into the cache', () => {
  let home: Awaited<ReturnType<typeof makeHome>>;
  const toolchain = (): string => join(home.path, 'cache/decree/toolchain');
  const isThere = (): boolean => existsSync(join(toolchain(), 'tool-1/node_modules/tool/bin/tool'));

  beforeEach(async () => {
    home = await makeHome();
  });

  afterEach(async () => {
    await home.remove();
  });

  test('says one line with the time it took, and nothing the second time', async () => {
    await writeFakeNpm(home.path, installs);

    const first = await runLines(install, home.env).ended;
    const second = await runLines(install, home.env).ended;

    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toMatch(/^ {2}Tool 1 \.+ \d+\.\d s\n$/);
    expect(second).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(isThere()).toBe(true);
  });

  test('never runs the scripts of what it installs', async () => {
    await writeFakeNpm(home.path, installs);

    await runLines(install, home.env).ended;

    expect(await readCalls(home.path)).toEqual([expect.stringContaining('--ignore-scripts')]);
  });

  test('is done once when two start at once, and both go on', async () => {
    await writeFakeNpm(home.path, installs);

    const both = await Promise.all([runLines(install, home.env).ended, runLines(install, home.env).ended]);

    expect(both.map((ended) => ended.code)).toEqual([0, 0]);
    expect(await readCalls(home.path)).toHaveLength(1);
    expect(readdirSync(toolchain())).toEqual(['tool-1']);
  });

  test('is taken up again after kill -9, and the child that was left behind is ended', async () => {
    await writeFakeNpm(home.path, 'mkdir -p node_modules/tool && exec sleep 600');
    const killed = runLines(install, home.env);
    await until(() => existsSync(join(home.path, 'calls')), 'npm to be started');
    const orphan = Number((await readCalls(home.path))[0]!.split(' ')[0]);
    await until(() => readdirSync(toolchain()).some((name) => name.includes('part')), 'a half-made tool');
    killed.child.kill('SIGKILL');
    await until(() => killed.child.signalCode !== null, 'the set-up to be gone');
    await writeFakeNpm(home.path, installs);

    const next = await runLines(install, home.env).ended;
    await killed.ended;

    expect(next).toMatchObject({ code: 0 });
    expect(isThere()).toBe(true);
    expect(await isRunning(orphan)).toBe(false);
    expect(readdirSync(toolchain())).toEqual(['tool-1']);
  });

  test('passes a signal on to npm, dies of it, and leaves no lock', async () => {
    await writeFakeNpm(home.path, 'exec sleep 600');
    const program = runLines(install, home.env);
    await until(() => existsSync(join(home.path, 'calls')), 'npm to be started');
    program.child.kill('SIGTERM');

    const ended = await program.ended;

    expect(ended.signal).toBe('SIGTERM');
    expect(readdirSync(toolchain()).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  test('that fails tells what was tried, the last lines and what to do, without a stack trace', async () => {
    await writeFakeNpm(home.path, 'echo "npm error network unreachable" >&2; exit 7');

    const ended = await runLines(install, home.env).ended;

    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/failed after/);
    expect(ended.stderr).toMatch(/Stopped: tool@1\.0\.0 could not be installed/);
    expect(ended.stderr).toMatch(/tried: {2}npm install .*\(exit code 7\)/);
    expect(ended.stderr).toMatch(/npm error network unreachable/);
    expect(ended.stderr).toMatch(/do: {5}check the network/);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(isThere()).toBe(false);
  });

  test('that ends well without the tool is a failure too', async () => {
    await writeFakeNpm(home.path, 'exit 0');

    const ended = await runLines(install, home.env).ended;

    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('tool/bin/tool is not in it') });
  });

  test('without npm says that npm is missing', async () => {
    const ended = await runLines(install, { ...home.env, PATH: join(home.path, 'bin') }).ended;

    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('npm was not found on PATH') });
  });
});
