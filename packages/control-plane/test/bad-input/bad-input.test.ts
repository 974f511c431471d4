/*
 * The command line as a person meets it when something is wrong: the real program in a process of its own. What each room
 * says about its own bad input is tested with that room; here it is seen that the words arrive, with the documented exit
 * code and no stack, that nothing is lost or run, and that an engine goes on.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, makePlace, type Place } from './place.ts';

const agent = fileURLToPath(new URL('misbehaving-agent.mjs', import.meta.url));
const definition = '---\ndescription: Works.\ntools: Bash\n---\nWork.\n';
const esc = '\u001b';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

/** A failure that was said in words: this code, one message on stderr, nothing on stdout, no stack. */
function expectSaid(ended: Ended, code: number, words: RegExp): void {
  expect(ended.err).toMatch(words);
  expect(ended.err).not.toMatch(/\n\s+at |a fault of Decree|node:internal/);
  expect(ended).toMatchObject({ code, out: '' });
}

const config = (text: string) => () => place.commit({ 'control-plane.config.ts': text });
const garbage = Buffer.from('no database at all '.repeat(2_000));
const withState = (make: () => Promise<unknown>) => async () => {
  await place.commit();
  await mkdir(place.state);
  await make();
};

describe('an engine that cannot start says why, and what to do', () => {
  it.each<[string, () => unknown, number, RegExp]>([
    ['a repository without commits', () => undefined, 3, /no commits yet\. Commit something/],
    [
      'a worktree directory that git would see',
      () => place.git('commit', '-q', '--allow-empty', '-m', 'x'),
      3,
      /\.worktrees\/ .*init/,
    ],
    [
      'a wrong key',
      config('export default { sensors: { issues: { pollIntervall: 3 } } }'),
      2,
      /pollIntervall: .*pollIntervalSeconds/,
    ],
    [
      'a key that means two things, and one of no command',
      config(`export default { tui: { keys: { 'task.merge': 'd', 'task.dispach': [] } } }`),
      2,
      /config\.ts on main is not a valid config:\n {2}tui\.keys\.task\.dispach: expected .*did you mean task\.dispatch.*\n {2}tui\.keys: expected one meaning for d, found task\.dispatch and task\.merge/,
    ],
    ['a config that exits', config('process.exit(0);\nexport default {}'), 2, /config\.ts /],
    ['a config that waits for ever', config('await new Promise(() => {});\nexport default {}'), 2, /config\.ts /],
    ['a config that is cut off', config('export default { a: '), 2, /config\.ts .*(expected|unexpected)/i],
    [
      'a ledger that is none',
      withState(() => writeFile(join(place.state, 'ledger.sqlite'), garbage)),
      6,
      /ledger\.sqlite .*not a SQLite file\. Restore a backup/,
    ],
    [
      'a directory in its ledger’s place',
      withState(() => mkdir(join(place.state, 'ledger.sqlite'))),
      6,
      /ledger\.sqlite cannot be used: it is a directory\. Move it away/,
    ],
    [
      'a lock that is none',
      withState(() => writeFile(join(place.state, 'lock.db'), garbage)),
      6,
      /lock\.db cannot be used: it is not a SQLite file\. Nothing is kept in it: delete it/,
    ],
    [
      'a local forge whose file is none',
      withState(() => place.write({ 'forge/forge.sqlite': garbage }, place.state)),
      6,
      /forge\/forge\.sqlite cannot be used: it is not a SQLite file\. Restore it from a copy of the state directory, or move it away/,
    ],
    [
      'a file in the place of the local forge',
      withState(() => place.write({ forge: 'mine' }, place.state)),
      6,
      /state\/forge.*EEXIST.*mend that/,
    ],
  ])('%s', async (_what, arrange, code, words) => {
    await arrange();
    expectSaid(await place.run('--headless'), code, words);
    const left = existsSync(join(place.state, 'scratch')) ? await readdir(join(place.state, 'scratch')) : [];
    expect(left).toEqual([]);
    const ledger = join(place.state, 'ledger.sqlite');
    if (words.source.startsWith('ledger') && words.source.includes('not a SQLite'))
      expect(await readFile(ledger)).toEqual(garbage);
  });

  it('a HEAD on no branch, where nobody can tell which one is meant', async () => {
    await place.commit();
    place.git('checkout', '-q', '--detach');
    place.git('branch', '-D', '-q', 'main');
    expectSaid(await place.run('--headless'), 3, /detached.*default branch/);
  });

  it.each(['/proc/decree', '/dev/null/decree', '/proc/self/status'])('a state directory that cannot be: %s', async (data) => {
    await place.commit();
    expectSaid(await place.run('--data', data, '--headless'), 2, new RegExp(`state directory ${data} cannot be .*--data`));
    const doctor = await place.run('--data', data, 'doctor');
    expect(doctor.out).toMatch(new RegExp(`fail +state directory +.*${data}`));
    expect(doctor).toMatchObject({ code: 1, err: '' });
  });

  it('something else in its socket’s place, which stays', async () => {
    await place.commit();
    const engine = await place.engine();
    const socket = /^socket (.+)$/m.exec(engine.out())?.[1] ?? '';
    engine.child.kill('SIGINT');
    expect(await engine.ended).toMatchObject({ code: 0, err: '' });
    await writeFile(socket, 'mine');
    expectSaid(await place.run('--headless'), 3, /expected a socket or nothing at .*move it away/);
    expect(await readFile(socket, 'utf8')).toBe('mine');
  });
});

describe('a HEAD on no branch', () => {
  beforeEach(async () => {
    place.git('checkout', '-q', '-b', 'trunk');
    await place.commit({
      'control-plane.config.ts': `export default { repositories: [{ defaultBranch: 'trunk' }], concurrency: { agents: 3 } }`,
    });
    place.git('checkout', '-q', '--detach');
  });

  it('is no hindrance where the config says which branch counts, for the engine and for every verb', async () => {
    const engine = await place.engine();
    const { out } = await place.run('doctor');
    expect(out).toMatch(/ok +default branch +trunk/);
    expect(out).toMatch(/0 of 3 agents at work/);
    expect(await place.run('stop')).toMatchObject({ code: 0, err: '' });
    expect(await engine.ended).toMatchObject({ code: 0, err: '' });
  });

  it('takes the branch’s own config, not that of the commit that is checked out', async () => {
    await place.write({
      'control-plane.config.ts': `export default { repositories: [{ defaultBranch: 'trunk' }], concurrency: { agents: 9 } }`,
    });
    place.git('commit', '-q', '-a', '-m', 'Elsewhere');
    await place.engine();
    expect((await place.run('doctor')).out).toMatch(/0 of 3 agents at work/);
  });
});

describe('output that nobody can write', () => {
  it('is a failure of every verb, said in one line', async () => {
    await place.commit();
    for (const verb of ['doctor', '--help', 'doctor --json', '--version']) {
      const { code, err } = await place.shell(`control_plane ${verb} > /dev/full`);
      expect([verb, code]).toEqual([verb, 1]);
      expect(err).toMatch(/the output cannot be written: .*(ENOSPC|no space)/);
      expect(err.trim().split('\n')).toHaveLength(1);
    }
  });

  it('is none where the reader has gone', async () => {
    await place.commit();
    expect(await place.shell('control_plane --help | true')).toMatchObject({ code: 0, err: '' });
  });
});

it('a directory that is gone while one stands in it is said, not traced', async () => {
  await place.commit();
  const ended = await place.shell(`mkdir ../gone && cd ../gone && rmdir ../gone && control_plane --repo ${place.repo} doctor`);
  expectSaid(ended, 1, /the directory that you are in no longer exists[\s\S]*go to one that does/);
});

it('every failure is one JSON document where that was asked for, with the code that --help names', async () => {
  await place.commit();
  const codes = /Exit codes:(.+)/.exec((await place.run('--help')).out)?.[1] ?? '';
  expect(codes).toMatch(/0 done · 1 failed · 2 wrong usage · 3 .* · 4 .* · 5 .* · 6 not reachable/);
  const failures: [string[], number, string][] = [
    [['runs', '--json'], 6, 'unavailable'],
    [['runs', '--nosuch', '--json'], 2, 'invalid'],
    [['task', 'add', '--json'], 2, 'invalid'],
    [['--repo', join(place.root, 'nowhere'), 'runs', '--json'], 3, 'conflict'],
  ];
  for (const [args, exit, code] of failures) {
    const ended = await place.run(...args);
    expect([args, ended.code, ended.out]).toEqual([args, exit, '']);
    expect(JSON.parse(ended.err)).toMatchObject({ code, message: expect.stringMatching(/\w/) });
  }
});

describe('a running engine', () => {
  it('is not started twice, and takes neither a huge body nor broken specs amiss', async () => {
    const approved = (text: string) => `---\nstatus: approved\n---\n# ${text}\n`;
    await place.commit({
      'control-plane.config.ts': `export default { agents: { planner: { adapter: 'odd' }, adapters: { odd: { command: ['true'] } } } }`,
      '.claude/agents/planner.md': '---\ntools: [Read\n---\nPlan.\n',
      'docs/specs/broken.md': '---\nstatus: approved\n\tx: [\n---\n# Broken\n',
      'docs/specs/open.md': '---\nstatus: approved\n# Never closed\n',
      'docs/specs/huge.md': approved('x'.repeat(5_000_000)),
      'docs/specs/latin.md': Buffer.from(approved('Ol\u00e9'), 'latin1'),
      'docs/specs/wide.md': Buffer.from(approved('Wide'), 'utf16le'),
      'docs/specs/good.md': approved('Good'),
    });
    const engine = await place.engine();
    const second = await place.run('--headless');
    expectSaid(second, 6, new RegExp(`${place.state} is held by process ${engine.child.pid}, since .*End that engine first`));

    await engine.says(/warning: .*broken\.md: the frontmatter is not YAML: [^\n]*[^:\n] \(line 3\)\n/);
    await engine.says(/warning: .*latin\.md: it is not UTF-8 text; save it as UTF-8/);
    await engine.says(/warning: .*wide\.md: it is not UTF-8 text; save it as UTF-8/);
    await engine.says(/warning: .*open\.md: the frontmatter is not closed/);
    await engine.says(/warning: .*huge\.md: it has 50000\d\d bytes; a spec may have 1048576/);
    await engine.says(/to plan: docs\/specs\/good\.md\n/);
    await engine.says(/failed, preparation failed: \.claude\/agents\/planner\.md: \(frontmatter\): expected YAML/);

    const huge = await place.run('task', 'add', 'Huge', '--body', 'x'.repeat(100_000));
    expectSaid(huge, 2, /body.*60000/);
    expect(await place.run('task', 'add', `Evil ${esc}[31mred${esc}]0;pwned\u0007`)).toMatchObject({ code: 0, err: '' });
    const { out } = await place.run('task', 'list');
    expect(out).toContain('Evil red');
    expect(out + engine.out()).not.toContain(esc);
    expect(engine.err()).toBe('');
  });

  it('goes on when agents misbehave, says what each did, and runs nothing that was denied', async () => {
    const command = JSON.stringify([process.execPath, agent]);
    await place.commit({
      'control-plane.config.ts': `export default { agents: { implementor: { adapter: 'odd' }, adapters: { odd: { command: ${command} } } }, concurrency: { minimumFreeMemoryMb: 1 } }`,
      '.claude/agents/implementor.md': definition,
    });
    let engine = await place.engine();
    const told: [string, RegExp][] = [
      ['chatter', /#1 implementor {2}failed, agent crashed: .*exited with code 0/],
      ['crash', /#2 implementor {2}failed, agent crashed: .*code 7; the end of its stderr: no such model/],
      ['noise', /#3 implementor {2}failed, no pull request/],
      ['substitute', /#4 implementor {2}denied: run git commit .*nothing may be expanded/],
      ['never', /#5 implementor {2}session started/],
    ];
    for (const [at, [deed, words]] of told.entries()) {
      await place.run('task', 'add', `Task ${at + 1}`, '--body', `do: ${deed}`);
      expect(await place.run('dispatch', String(at + 1))).toMatchObject({ code: 0 });
      await engine.says(words);
    }
    await engine.says(/#4 implementor {2}failed, no pull request/);
    const { out: noise } = await place.run('logs', '#3');
    expect(noise).toMatch(/not UTF-8/);
    expect(noise).toMatch(/longer than the limit/);
    expect(noise).toContain('and on');
    expect(engine.out() + noise).not.toContain(esc);
    expect(existsSync(join(place.repo, 'pwned'))).toBe(false);

    engine.child.kill('SIGKILL');
    await engine.ended;
    expectSaid(await place.run('runs'), 6, /no engine is running for this repository/);
    engine = await place.engine();
    // It was the engine that died, not the task: its run is taken up again, and the old process is gone.
    await engine.says(/#5 implementor.* (session started|resumed)/);
    await expect.poll(processes, { timeout: 30_000 }).toHaveLength(1);
    expect((await place.run('verify')).code).toBe(0);

    const { out } = await place.run('runs', '--json');
    const items = (JSON.parse(out) as { items: { issue: number; state: string; attempt: number }[] }).items;
    expect(items.filter(({ issue }) => issue === 5)).toMatchObject([{ state: 'running', attempt: 1 }]);
    await place.run('cancel', '#5');
    // It heeds neither the cancel nor SIGTERM, and is given its time for both.
    await expect.poll(processes, { timeout: 30_000 }).toEqual([]);
  });
});

/** The misbehaving agents that are alive. */
async function processes(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const environment = line.includes(agent) ? await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '') : '';
    if (environment.includes(place.root)) found.push(pid);
  }
  return found;
}
