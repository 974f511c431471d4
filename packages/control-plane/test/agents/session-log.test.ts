import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEngine } from '../engine/support/open-engine.ts';
import { dispatch, followedUp, inState, stateOf } from '../runs/run-steps.ts';

const open = async (directory: string) => {
  return openEngine({
    sessionLogs: directory,
    script: {
      implementor: [
        { say: 'I read \u001b]0;title\u0007it.\nAll of it.' },
        { run: 'echo found it' },
        { end: 'error', message: 'enough' },
      ],
    },
  });
};
const place = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'decree-session-logs-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

describe('the text file of a session', () => {
  it('says what the agent said and did, between who it was and how it ended, before the end is recorded', async () => {
    const directory = join(await place(), 'logs');
    const bench = await open(directory);
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    const run = await stateOf(bench, runId);
    expect(run.state).toBe('failure');
    const [name, ...others] = readdirSync(directory);
    expect(others).toEqual([]);
    expect(name).toBe(`${Date.parse(run.startedAt ?? '')}-${run.agentId}-${run.issue}.log`);
    expect(statSync(join(directory, name ?? '')).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(directory, name ?? ''), 'utf8');
    expect(text).toContain(`session   ${run.sessionId}\n`);
    expect(text).toContain(`issue     #${run.issue}\n`);
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}I read it\.\n {4}All of it\.$/m);
    expect(text).toMatch(/Z {2}call \S+ .*echo found it/);
    expect(text).toMatch(/tokens {4}\d+ in, \d+ out/);
    expect(text.trimEnd().split('\n').at(-1)).toBe('outcome   failed: agent_error: enough');
    expect(text).not.toMatch(/[^\P{Cc}\n\t]/u);
    await bench.close();
  });

  it('says that a session was canceled', async () => {
    const directory = await place();
    const bench = await openEngine({ sessionLogs: directory, script: { implementor: [{ say: 'begun' }, { hang: true }] } });
    const { runId } = await dispatch(bench);
    await inState(bench, runId, 'running');
    await bench.poll(async () => (await stateOf(bench, runId)).sessionId !== null, 'the session');
    await bench.command('run.cancel', { runId });
    await followedUp(bench, runId);
    const [name] = readdirSync(directory);
    expect(readFileSync(join(directory, name ?? ''), 'utf8')).toMatch(/\noutcome {3}canceled: person: .*\n$/);
    await bench.close();
  });

  it('disturbs nothing where it cannot be written', async () => {
    const file = join(await place(), 'a-file');
    writeFileSync(file, '');
    const bench = await open(join(file, 'logs'));
    const { runId } = await dispatch(bench);
    await followedUp(bench, runId);
    expect(await stateOf(bench, runId)).toMatchObject({ state: 'failure', message: 'enough' });
    expect(existsSync(join(file, 'logs'))).toBe(false);
    await bench.close();
  });
});
