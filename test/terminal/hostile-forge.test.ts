/** What another forge than ours may say: titles without end, links for a shell, names of files that a terminal would obey. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openOver } from './monkey-terminal.ts';
import { insist, ready, select } from './support/hands.ts';
import { harmIn } from './support/harm.ts';
import { openWorld, poll } from './support/world.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function open(options: Parameters<typeof openWorld>[0] = {}) {
  const world = await openWorld(options);
  endings.push(() => world.remove());
  return world;
}

it('a title of 10,000 characters is known by its beginning, takes a row as any other does, and keys are answered', async () => {
  const world = await open();
  const long = `Begin ${'漢字 x'.repeat(2_500)}`.slice(0, 10_000);
  world.forge.says = (path, text) => (path.includes('/issues') ? text.replaceAll('Grow', long) : text);
  for (const title of ['Grow', 'Stay']) await world.addTask(title);
  const { tasks } = await world.plane.engine.query('snapshot', {});
  expect(tasks.map(({ sighting }) => sighting?.title)).toEqual([long.slice(0, 256), 'Stay']);
  const { terminal, close } = openOver(world.plane.engine, [80, 24]);
  endings.push(close);
  await terminal.see(/#1 .*Begin 漢/);
  await terminal.see(/#2 .*Stay/);
  for (const [columns, rows] of [
    [200, 50],
    [60, 15],
    [80, 24],
  ] as const) {
    terminal.resize(columns, rows);
    terminal.type('?');
    await terminal.see('── Keys');
    terminal.type('\x1b');
    await terminal.see(/#2 .*Stay/);
    expect(terminal.overflows()).toBe(false);
  }
});

it("key o opens a task's link with the desktop's own program, as one argument and through no shell", async () => {
  const world = await open();
  const link = 'https://forge.example/issues/1?a=$(touch${IFS}owned);&b=`id`#"x';
  world.forge.says = (path, text) =>
    path.includes('/issues') ? text.replaceAll('decree:local/repo/issues/1', JSON.stringify(link).slice(1, -1)) : text;
  await world.addTask('Look at me');
  const bin = join(world.place.root, 'bin');
  const told = join(world.place.root, 'opened');
  mkdirSync(bin);
  const opener = join(bin, process.platform === 'darwin' ? 'open' : 'xdg-open');
  writeFileSync(
    opener,
    `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > "${told}.part" && mv "${told}.part" "${told}"\necho words of its own\n`,
  );
  chmodSync(opener, 0o755);
  const pty = world.attach([120, 30], { PATH: `${bin}:${process.env.PATH}` });
  await ready(pty);
  await select(pty, '#1');
  await insist(pty, 'o', 'opened https://forge.example/issues/1');
  await poll(() => existsSync(told), 'the program to have been told');
  expect(readFileSync(told, 'utf8')).toBe(`1\n${link}\n`);
  expect(pty.text()).not.toContain('words of its own');
  writeFileSync(opener, '#!/bin/sh\nexit 3\n');
  pty.type('o');
  await pty.see('could not open https://forge.example');
  pty.kill();
});

it('names of files in a pull request are text only, each in one row, whatever they hold', async () => {
  const names = [
    'clears\x1b[2J.txt',
    'titles\x1b]0;owned\x07.txt',
    'two\nrows.txt',
    'back\r\b\b.txt',
    'eight\x9b2J\x85.txt',
    'turned\u202Egpj.exe',
    'isolated\u2066\u2069.txt',
    `${'deep/'.repeat(60)}end.txt`,
    'last.txt',
  ];
  const world = await open({
    script: {
      'implementor#1': [
        { ask: 'Write', input: { file_path: 'one.txt', content: '1\n' }, write: 'one.txt', text: '1\n' },
        { run: 'git add one.txt' },
        { run: 'git commit -m "Add one"' },
        { run: 'git push -u origin {branch}' },
        {
          run: 'scripts/workflow/gh.sh api repos/local/repo/pulls -f title=One -f head={branch} -f base=main -f "body=Closes #{issue}"',
        },
      ],
      reviewer: [{ hang: true }],
    },
  });
  world.forge.says = (path, text) => {
    if (!/\/pulls\/\d+\/files$/.test(path)) return text;
    const [file] = JSON.parse(text) as object[];
    return JSON.stringify(names.map((filename) => ({ ...file, filename })));
  };
  await world.addTask('Print the version');
  await world.command('task.dispatch', { task: '#1' });
  await world.until((rows) => rows.approvals[0], 'the approval of the pull request');
  const { items } = await world.plane.engine.query('listApprovals', {});
  for (const { id } of items) await world.command('approval.approve', { approvalId: id });
  await world.until((rows) => rows.pulls[0], 'the pull request');
  const { terminal, close } = openOver(world.plane.engine, [120, 60]);
  endings.push(close);
  await terminal.see(/#1 .*PR#2/);
  for (let tab = 0; tab < 10 && !/\[pull\]/.test((await terminal.screen()).join('\n')); tab += 1) {
    const before = (await terminal.screen())[1];
    terminal.type('l');
    await terminal.changes((rows) => rows[1] !== before);
  }
  await terminal.see('last.txt');
  const rows = await terminal.screen();
  for (const [begins, ends] of [
    ['clears', '.txt'],
    ['two', 'rows.txt'],
    ['turned', 'gpj.exe'],
  ] as const)
    expect(rows.filter((row) => row.includes(begins) && row.includes(ends))).toHaveLength(1);
  expect(terminal.overflows()).toBe(false);
  expect(terminal.obeyed).toEqual([]);
  expect(harmIn(terminal.written())).toEqual([]);
});
