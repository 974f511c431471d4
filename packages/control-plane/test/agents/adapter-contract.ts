import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentAdapter } from '../../src/engine/agents/port.ts';
import { findByMark, killByMark } from '../../src/engine/system/process.ts';
import { allow, commandOf, defer, deny, gather, lastOf, makePlace, only, type Place, runTurn, until } from './harness.ts';

/** What a runtime must bring along to be held to the contract: its agent understands the steps `say`, `use` and `run`. */
export interface ContractDriver {
  makeAdapter(): AgentAdapter;
  /** Starts what the agent needs (a scripted model); resolves with what its environment must hold. */
  setUp?(): Promise<Record<string, string>>;
  tearDown?(): Promise<void>;
  /** The program at the root of its process tree, as a part of its command line. */
}

export function adapterContract(name: string, driver: ContractDriver): void {
  describe(`${name} keeps the adapter contract`, () => {
    let env: Record<string, string> = {};
    let place: Place;
    const adapter = driver.makeAdapter();
    beforeAll(async () => {
      env = (await driver.setUp?.()) ?? {};
    });
    afterAll(async () => driver.tearDown?.());
    beforeEach(async () => {
      place = await makePlace(env);
    });
    afterEach(async () => {
      const left = await findByMark('DECREE_RUN', place.runId);
      await place.remove();
      expect(left).toEqual([]);
    });

    it('begins with hello and session.started, says what it does, and ends with turn.completed', async () => {
      const reports = await runTurn(adapter, place, place.start('say Good morning\nrun echo hi > hi.txt'), allow);
      expect(reports.slice(0, 2).map((report) => report.type)).toEqual(['hello', 'session.started']);
      expect(only(reports, 'hello')[0]?.capabilities).toEqual(adapter.capabilities);
      expect(only(reports, 'text').map((report) => report.text)).toContain('Good morning');
      expect(lastOf(reports)).toMatchObject({ status: 'ok' });
      expect(only(reports, 'turn.completed')).toHaveLength(1);
    });

    it('runs an allowed call once and reports its output under the id it was asked with', async () => {
      const reports = await runTurn(adapter, place, place.start('run echo one >> log; echo spoken'), allow);
      const [requested] = only(reports, 'tool.requested');
      const [completed] = only(reports, 'tool.completed');
      expect(requested?.tool).toBe('Bash');
      expect(completed).toMatchObject({ toolCallId: requested?.toolCallId, isError: false });
      expect(completed?.output).toContain('spoken');
      expect(await readFile(join(place.cwd, 'log'), 'utf8')).toBe('one\n');
    });

    it('does not run a denied call, and the agent reads the reason', async () => {
      const reports = await runTurn(adapter, place, place.start('run touch forbidden'), deny('not on a Sunday'));
      expect(existsSync(join(place.cwd, 'forbidden'))).toBe(false);
      expect(only(reports, 'tool.completed')[0]?.isError).toBe(true);
      expect(only(reports, 'text').some((report) => report.text.includes('not on a Sunday'))).toBe(true);
      expect(lastOf(reports)).toMatchObject({ status: 'ok' });
    });

    it('reports as done only what was asked for and allowed', async () => {
      const allowed = new Set<string>();
      const reports = await runTurn(
        adapter,
        place,
        place.start('run echo one\nrun touch forbidden\nrun echo two'),
        (request, session) => {
          if (commandOf(request).includes('forbidden')) return deny('no')(request, session);
          allowed.add(request.toolCallId);
          return allow(request, session);
        },
      );
      const asked = only(reports, 'tool.requested').map(({ toolCallId }) => toolCallId);
      const completed = only(reports, 'tool.completed');
      for (const { toolCallId, isError } of completed) {
        expect(asked).toContain(toolCallId);
        expect([toolCallId, isError]).toEqual([toolCallId, !allowed.has(toolCallId)]);
      }
      expect(completed).toHaveLength(3);
    });

    it('runs nothing while nobody decides, and leaves no process when it is closed', async () => {
      const session = adapter.open(place.start('run touch undecided'), {
        signal: new AbortController().signal,
        stateDirectory: place.stateDirectory,
      });
      const seen: Awaited<ReturnType<typeof gather>> = [];
      const gathered = gather(session, () => null, seen);
      await until('the request', () => only(seen, 'tool.requested').length === 1);
      expect(await findByMark('DECREE_RUN', place.runId)).not.toEqual([]);
      await session.close();
      expect(await findByMark('DECREE_RUN', place.runId)).toEqual([]);
      expect(lastOf(await gathered).status).toBe('canceled');
      expect(existsSync(join(place.cwd, 'undecided'))).toBe(false);
    });

    it('asks again for a deferred call after a resume, and runs it once', async () => {
      const first = await runTurn(
        adapter,
        place,
        place.start('run echo before >> log\nrun echo once >> log'),
        (request, session) => (commandOf(request).includes('once') ? defer(request, session) : allow(request, session)),
      );
      expect(lastOf(first)).toMatchObject({ status: 'deferred' });
      const second = await runTurn(adapter, place, place.start('', { resume: 'deferred' }), allow);
      expect(only(second, 'tool.requested').map(commandOf)).toEqual(['echo once >> log']);
      expect(lastOf(second)).toMatchObject({ status: 'ok' });
      expect(await readFile(join(place.cwd, 'log'), 'utf8')).toBe('before\nonce\n');
    });

    it('gives the reason to an agent whose deferred call is denied after the resume', async () => {
      await runTurn(adapter, place, place.start('run touch parked'), defer);
      const second = await runTurn(adapter, place, place.start('', { resume: 'deferred' }), deny('a person said no'));
      expect(only(second, 'text').some((report) => report.text.includes('a person said no'))).toBe(true);
      expect(lastOf(second)).toMatchObject({ status: 'ok' });
      expect(existsSync(join(place.cwd, 'parked'))).toBe(false);
    });

    it('says that an agent was killed, and goes on after a resume', async () => {
      const steps = 'run echo first >> log\nrun touch running; while [ ! -e go ]; do sleep 0.05; done; echo second >> log';
      const session = adapter.open(place.start(steps), {
        signal: new AbortController().signal,
        stateDirectory: place.stateDirectory,
      });
      const gathered = gather(session, allow);
      await until('the second command to run', () => existsSync(join(place.cwd, 'running')));
      await killByMark('DECREE_RUN', place.runId);
      const killed = await gathered;
      await session.close();
      expect(lastOf(killed)).toMatchObject({ status: 'error', message: expect.stringContaining('SIGKILL') });
      await writeFile(join(place.cwd, 'go'), '');
      const second = await runTurn(adapter, place, place.start(steps, { resume: 'interrupted' }), allow);
      expect(lastOf(second)).toMatchObject({ status: 'ok' });
      expect(await readFile(join(place.cwd, 'log'), 'utf8')).toMatch(/^first\n(first\n)?second\n$/);
    });

    it('ends as canceled when it is told to cancel', async () => {
      const reports = await runTurn(adapter, place, place.start('say Hello\nrun touch never'), (_request, session) => {
        session.send({ type: 'cancel' });
        return null;
      });
      expect(lastOf(reports)).toMatchObject({ status: 'canceled' });
      expect(existsSync(join(place.cwd, 'never'))).toBe(false);
    });

    it('ends the whole tree when the run is aborted, also what called setsid', async () => {
      const controller = new AbortController();
      const command = 'setsid sleep 300 & setsid sh -c "sleep 301; true" & touch started; wait; sleep 302';
      const session = adapter.open(place.start(`run ${command}`), {
        signal: controller.signal,
        stateDirectory: place.stateDirectory,
      });
      const gathered = gather(session, allow);
      await until('the command to run', () => existsSync(join(place.cwd, 'started')));
      controller.abort();
      expect(lastOf(await gathered).status).toBe('canceled');
      await session.close();
      expect(await findByMark('DECREE_RUN', place.runId)).toEqual([]);
    });

    it('starts nothing for a run that has been aborted already', async () => {
      const session = adapter.open(place.start('run touch never'), {
        signal: AbortSignal.abort(),
        stateDirectory: place.stateDirectory,
      });
      expect(lastOf(await gather(session, allow)).status).toBe('canceled');
      expect(await findByMark('DECREE_RUN', place.runId)).toEqual([]);
      await session.close();
    });

    it('reports usage as what was used since the last report, so that the sum is the total', async () => {
      const reports = await runTurn(adapter, place, place.start('use 1000 50\nrun true\nuse 500 20\nrun true'), allow);
      const sum = only(reports, 'usage').reduce((total, { usage }) => total + usage.inputTokens + usage.outputTokens, 0);
      expect(sum).toBe(1570);
    });

    it('gives the agent the environment of the start message and nothing of the engine’s own', async () => {
      process.env.DECREE_TEST_SECRET = 'must not leak';
      try {
        const reports = await runTurn(adapter, place, place.start('run env; pwd'), allow);
        const output = only(reports, 'tool.completed')[0]?.output ?? '';
        expect(output).not.toContain('must not leak');
        expect(output).toContain(`DECREE_RUN=${place.runId}`);
        expect(output.split('\n')).toContain(place.cwd);
      } finally {
        delete process.env.DECREE_TEST_SECRET;
      }
    });
  });
}
