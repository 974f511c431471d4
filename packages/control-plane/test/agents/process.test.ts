import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcessAdapter, type ProcessAdapterOptions } from '../../src/engine/agents/process.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { findByMark } from '../../src/engine/system/process.ts';
import { allow, deny, gather, lastOf, makePlace, only, type Place, runTurn, until } from './harness.ts';

const hello = (extra: object = {}) =>
  JSON.stringify({
    type: 'hello',
    v: 1,
    adapter: 'test',
    agentVersion: '1',
    capabilities: { gate: 'every_call', resume: false, defer: false },
    ...extra,
  });
const end = JSON.stringify({ type: 'turn.completed', status: 'ok', message: 'done' });
const say = (text: string) => JSON.stringify({ type: 'text', text });

describe('an adapter that is a process', () => {
  let place: Place;
  beforeEach(async () => {
    place = await makePlace();
  });
  afterEach(async () => {
    const left = await findByMark('DECREE_RUN', place.runId);
    await place.remove();
    expect(left).toEqual([]);
  });

  const adapterOf = (script: string, options: Partial<ProcessAdapterOptions> = {}) =>
    createProcessAdapter({
      name: 'test',
      command: [process.execPath, '-e', script],
      clock: systemClock,
      graceMs: 1_000,
      ...options,
    });
  const run = (script: string, options: Partial<ProcessAdapterOptions> = {}) =>
    runTurn(adapterOf(script, options), place, place.start('work'), allow);
  /** An adapter that writes these lines, as bytes, and ends. */
  const write = (...lines: (string | number[])[]) =>
    lines
      .map((line) => `process.stdout.write(Buffer.concat([Buffer.from(${JSON.stringify(line)}), Buffer.from('\\n')]));`)
      .join('');

  it('gives way to what a person works with, and so does what it starts in its session', async () => {
    const script = `${write(hello(), say('here'))} require('node:child_process').spawn('sleep', ['300']); setInterval(() => {}, 1000)`;
    const session = adapterOf(script).open(place.start('work'), {
      signal: new AbortController().signal,
      stateDirectory: place.stateDirectory,
    });
    const gathered = gather(session, allow);
    await until('both', async () => (await findByMark('DECREE_RUN', place.runId)).length === 2);
    const pids = await findByMark('DECREE_RUN', place.runId);
    const nice = Math.min(19, getPriority() + 5);
    expect(pids.map((pid) => getPriority(pid))).toEqual([nice, nice]);
    // Linux lets a user change this once in a while only.
    const ofSession = await readFile(`/proc/${pids[0]}/autogroup`, 'utf8').catch(() => null);
    const ofNice = new RegExp(`nice ${nice}$`, 'm');
    if (ofSession !== null)
      await until('its session', async () => ofNice.test(await readFile(`/proc/${pids[0]}/autogroup`, 'utf8')));
    await session.close();
    await gathered;
  });

  const gated = { gate: 'every_call', resume: false, defer: false } as const;
  const requested = JSON.stringify({ type: 'tool.requested', toolCallId: 'c1', tool: 'Bash', input: { command: 'true' } });
  const completed = (isError: boolean) => JSON.stringify({ type: 'tool.completed', toolCallId: 'c1', isError, output: 'done' });
  /** Answers with these lines once it has its decision. */
  const onceDecided = (...lines: string[]) =>
    `${write(hello(), requested)}let seen = ''; process.stdin.on('data', (text) => { seen += text; if (!seen.includes('"decision"')) return; ${write(...lines)} process.exit(0); });`;

  it.each<[string, string, Parameters<typeof runTurn>[3], RegExp]>([
    ['was never asked for', write(hello(), completed(false), say('and on'), end), allow, /c1 ran without having been asked for/],
    ['failed, and was never asked for', write(hello(), completed(true), end), allow, /c1 ran without having been asked for/],
    [
      'was not decided yet',
      write(hello(), requested, completed(false), say('and on'), end),
      () => null,
      /c1 ran before it was decided/,
    ],
    ['was denied', onceDecided(completed(false), say('and on'), end), deny('no'), /c1 ran though it was denied/],
  ])(
    'is ended when it reports that a call ran that %s: its word to ask is not taken on trust',
    async (_what, script, decide, words) => {
      const reports = await runTurn(adapterOf(script, { capabilities: gated }), place, place.start('work'), decide);
      expect(lastOf(reports)).toMatchObject({ status: 'error', fault: 'protocol', message: expect.stringMatching(words) });
      expect(only(reports, 'tool.completed')).toHaveLength(1);
      expect(only(reports, 'text')).toEqual([]);
    },
  );

  it('may report a denied call as failed, and an allowed one as done', async () => {
    for (const [decide, isError] of [
      [deny('no'), true],
      [allow, false],
      [allow, true],
    ] as const) {
      const adapter = adapterOf(onceDecided(completed(isError), end), { capabilities: gated });
      expect(lastOf(await runTurn(adapter, place, place.start('work'), decide))).toMatchObject({ status: 'ok' });
    }
  });

  it.each([
    ['text that is no JSON', ['npm warn something', '<html>'], /something else than JSON/],
    ['JSON that is no object', ['[1]', '"x"', 'null'], /something else than JSON/],
    ['bytes that are not UTF-8', [[0x22, 0xff, 0xfe, 0x22]], /not UTF-8/],
    ['binary', [[0, 1, 2, 3, 200, 201]], /not UTF-8/],
    ['a message of an unknown type', ['{"type":"dance"}', '{"type":"dance","v":2}'], /unknown type/],
    ['a message without a type', ['{"text":"hi"}'], /unknown type/],
    ['a line that is too long', [`{"type":"text","text":"${'x'.repeat(5_000)}"}`], /longer than the limit/],
  ])('tolerates %s with one warning, and reads on', async (_what, lines, words) => {
    const reports = await run(write(hello(), ...lines, say('after'), ...lines, end), { maxLineBytes: 4_000 });
    expect(reports.map((report) => report.type)).toEqual(['hello', 'warning', 'text', 'turn.completed']);
    expect(only(reports, 'warning')[0]?.message).toMatch(words);
    expect(lastOf(reports).status).toBe('ok');
  });

  it.each([
    ['a later protocol version', [hello({ v: 2 })], /speaks protocol version 2; this engine speaks 1: update Decree/],
    ['a weaker gate than configured', [hello({ capabilities: { gate: 'none', resume: true, defer: true } })], /gate is none/],
    ['no hello first', [say('hi')], /began with text; expected hello first/],
    ['a second hello', [hello(), hello()], /hello twice/],
    ['a hello that is malformed', ['{"type":"hello","v":"1"}'], /malformed hello: v:/],
    [
      'a known message that is malformed',
      [hello(), '{"type":"usage","model":"m","usage":{"inputTokens":-1}}'],
      /malformed usage/,
    ],
    ['a request that is malformed', [hello(), '{"type":"tool.requested","tool":"Bash"}'], /malformed tool.requested: toolCallId/],
    [
      'a request that is too long to read',
      [hello(), `{"type":"tool.requested","x":"${'x'.repeat(5_000)}"}`],
      /longer than the limit for which an answer is due/,
    ],
  ])('refuses %s, clearly, and ends the process', async (_what, lines, words) => {
    const capabilities = { gate: 'every_call', resume: false, defer: false } as const;
    const reports = await run(`${write(...lines)} setInterval(() => {}, 1000)`, { maxLineBytes: 4_000, capabilities });
    expect(lastOf(reports)).toMatchObject({ status: 'error', message: expect.stringMatching(words) });
  });

  it('refuses an adapter that says no hello in time', async () => {
    const reports = await run('setInterval(() => {}, 1000)', { helloTimeoutMs: 200 });
    expect(reports).toEqual([
      { type: 'turn.completed', status: 'error', message: 'The adapter test sent no hello within 200 ms.', fault: 'protocol' },
    ]);
  });

  it('holds what was warned about before hello until hello was said', async () => {
    const reports = await run(write('a banner', hello(), end));
    expect(reports.map((report) => report.type)).toEqual(['hello', 'warning', 'turn.completed']);
  });

  it('says how a process ended that did not end its turn: its code and the end of its stderr', async () => {
    const reports = await run(
      `${write(hello())} console.error('first'); console.error('the model key is wrong'); process.exitCode = 7`,
    );
    expect(lastOf(reports)).toMatchObject({
      status: 'error',
      fault: 'crash',
      message: expect.stringMatching(/exited with code 7; the end of its stderr:\nfirst\nthe model key is wrong$/),
    });
  });

  it('keeps only the end of a long stderr', async () => {
    const reports = await run(
      `${write(hello())} for (let i = 0; i < 50000; i += 1) console.error('line ' + i); process.exitCode = 1`,
    );
    const { message } = lastOf(reports);
    expect(message).toContain('line 49999');
    expect(message.length).toBeLessThan(10_000);
  });

  it('says which signal ended it', async () => {
    const reports = await run(`${write(hello())} process.kill(process.pid, 'SIGABRT')`);
    expect(lastOf(reports).message).toContain('was ended by SIGABRT');
  });

  it('says that a program is missing, and that a directory is', async () => {
    const missing = createProcessAdapter({ name: 'x', command: ['/nowhere/agent'], clock: systemClock });
    expect(lastOf(await runTurn(missing, place, place.start('work'), allow)).message).toContain('could not be started');
    const nowhere = place.start('work', { cwd: join(place.directory, 'nowhere') });
    expect(lastOf(await runTurn(adapterOf(''), place, nowhere, allow)).message).toContain('could not be started');
  });

  it('ends as an error, not as an exception, when the environment is too large to start with', async () => {
    const start = place.start('work', { env: { HUGE: 'x'.repeat(3_000_000) } });
    expect(lastOf(await runTurn(adapterOf(''), place, start, allow))).toMatchObject({
      status: 'error',
      message: expect.stringContaining('E2BIG'),
    });
  });

  it('reads nothing after turn.completed, and says so before it', async () => {
    const reports = await run(write(hello(), end, say('late'), say('later')));
    expect(reports.map((report) => report.type)).toEqual(['hello', 'warning', 'turn.completed']);
    expect(only(reports, 'warning')[0]?.message).toContain('after turn.completed');
  });

  it('does not wait for a process that lingers after its turn, nor for what it left behind', async () => {
    const script = `${write(hello(), end)} require('node:child_process').spawn('setsid', ['sleep', '300'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
    const reports = await run(script, { graceMs: 200 });
    expect(lastOf(reports).status).toBe('ok');
  });

  it('ends a process that ignores SIGTERM, and its children', async () => {
    const script = `process.on('SIGTERM', () => {}); ${write(hello(), say('here'))} require('node:child_process').spawn('sh', ['-c', 'trap "" TERM; sleep 300 & wait; sleep 301']); setInterval(() => {}, 1000)`;
    const session = adapterOf(script, { graceMs: 200 }).open(place.start('work'), {
      signal: new AbortController().signal,
      stateDirectory: place.stateDirectory,
    });
    const seen: Awaited<ReturnType<typeof gather>> = [];
    const gathered = gather(session, allow, seen);
    await until('its children', async () => (await findByMark('DECREE_RUN', place.runId)).length >= 3);
    await Promise.all([session.close(), session.close()]);
    expect(await findByMark('DECREE_RUN', place.runId)).toEqual([]);
    expect(lastOf(await gathered).status).toBe('canceled');
  });

  it('closes the agent’s stdin when its turn is over', async () => {
    const marker = join(place.cwd, 'stdin-closed');
    const script = `${write(hello(), end)} process.stdin.on('end', () => require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')).resume()`;
    await run(script);
    expect(existsSync(marker)).toBe(true);
  });

  it('drops words to an agent that has ended', async () => {
    const session = adapterOf(write(hello(), end)).open(place.start('work'), {
      signal: new AbortController().signal,
      stateDirectory: place.stateDirectory,
    });
    await gather(session, allow);
    session.send({ type: 'say', text: 'hello?' });
    session.send({ type: 'decision', toolCallId: 'none', outcome: 'allow', reason: '' });
    await session.close();
  });

  it('ends an agent that does not heed a cancel', async () => {
    const script = `${write(hello(), JSON.stringify({ type: 'tool.requested', toolCallId: 'a', tool: 'Bash', input: {} }))} setInterval(() => {}, 1000)`;
    const reports = await runTurn(
      adapterOf(script, { cancelTimeoutMs: 100 }),
      place,
      place.start('work'),
      (_request, session) => {
        session.send({ type: 'cancel' });
        return null;
      },
    );
    expect(lastOf(reports)).toMatchObject({
      status: 'canceled',
      message: expect.stringContaining('did not end after the cancel'),
    });
  });

  it('starts the command as it was rewritten, e.g. inside a sandbox', async () => {
    const script = join(place.directory, 'wrapped.js');
    await writeFile(script, write(hello(), say('wrapped'), end));
    const reports = await run('', { wrap: ([node]) => [node!, script] });
    expect(only(reports, 'text')[0]?.text).toBe('wrapped');
  });
});
