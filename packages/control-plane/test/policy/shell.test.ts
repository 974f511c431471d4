// Longer than most: the table of refused constructs is the specification, and reads best in one place.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyseCommand, maxCommandLength } from '../../src/engine/policy/shell.ts';

/** What real bash passes to a program when it runs each of `commands`: the first word is replaced by printf's own quoting. */
function argvByBash(commands: readonly string[]): string[][] {
  // A function sees the words after expansion; PATH leads nowhere, so nothing else can run.
  const script = commands.map((command) => `show ${command}\nprintf '\\036'`).join('\n');
  const out = execFileSync('/bin/bash', ['--norc', '--noprofile', '-s'], {
    input: `show() { printf '%s\\037' "$@"; }\n${script}`,
    env: { PATH: '/nonexistent', LC_ALL: 'C.UTF-8', HOME: '/home/someone', x: 'expanded', a: '1' },
    cwd: '/',
    maxBuffer: 64 * 1024 * 1024,
  }).toString();
  return out
    .split('\x1e')
    .slice(0, -1)
    .map((record) => record.split('\x1f').slice(0, -1));
}

describe('a command is simple only when bash would run exactly these words', () => {
  const simple: [string, string[]][] = [
    ['git status', ['git', 'status']],
    ['  ls   -la\n', ['ls', '-la']],
    ["git commit -m 'a; rm -rf . && $(x) `y` | > <'", ['git', 'commit', '-m', 'a; rm -rf . && $(x) `y` | > <']],
    ['git commit -m "two\nlines"', ['git', 'commit', '-m', 'two\nlines']],
    ['echo "a\\"b\\\\c\\$d\\`e\\n"', ['echo', 'a"b\\c$d`e\\n']],
    ['r\\m \'a\'"b"c', ['rm', 'abc']],
    ["echo $'it\\'s\\n'", ['echo', "it's\n"]],
    ['git show HEAD~1', ['git', 'show', 'HEAD~1']],
    ['git show HEAD^', ['git', 'show', 'HEAD^']],
    ['git log stash@{0}', ['git', 'log', 'stash@{0}']],
    ['echo \\\n  next', ['echo', 'next']],
    ['echo a#b "#c" !d', ['echo', 'a#b', '#c', '!d']],
    ["echo ''", ['echo', '']],
    ['echo "5 $ and 50%"', ['echo', '5 $ and 50%']],
    ['ls a\\ b', ['ls', 'a b']],
    ['echo été "日本"', ['echo', 'été', '日本']],
  ];
  it.each(simple)('%s', (command, argv) => {
    expect(analyseCommand(command)).toEqual({ verdict: 'simple', argv });
  });

  it('agrees with bash on every one of them', () => {
    expect(argvByBash(simple.map(([command]) => command))).toEqual(simple.map(([, argv]) => argv));
  });
});

describe('anything else is compound or opaque', () => {
  it.each([
    ...[
      'git commit -m x; rm -rf .',
      'git status && rm x',
      'git status || rm x',
      'git status | sh',
      'git status |& sh',
      'git status & rm x',
      'ls &',
      'ls;',
    ],
    ...[
      'ls\nrm x',
      'ls\n\nrm x',
      'ls #\nrm x',
      'ls # comment',
      '# comment\nls',
      'ls \\\n',
      '\\\n;ls',
      '! ls',
      'time ls',
      'coproc ls',
      '(ls)',
      '{ ls; }',
      '[[ -f x ]]',
      '((x))',
    ],
    ...[
      'if true; then ls; fi',
      'for i in a; do ls; done',
      'while true; do ls; done',
      'case x in x) ls;; esac',
      'select x in a; do ls; done',
      'f() { ls; }',
      'function f { ls; }',
    ],
    ...[
      'ls > x',
      'ls >> .git/config',
      'ls 2>&1',
      'ls &> x',
      'ls < x',
      'ls <<< x',
      'cat <<EOF\nx\nEOF',
      "cat <<'EOF'\nx\nEOF",
      'ls >| x',
      '> x',
      'ls {fd}> x',
      'ls <> x',
    ],
    ...[
      'echo $(rm x)',
      'echo "$(rm x)"',
      'echo `rm x`',
      'echo "`rm x`"',
      'echo $((1+1))',
      'echo $[1+1]',
      'echo $x',
      'echo "$x"',
      'echo ${x}',
      'echo "${x:-$(rm y)}"',
      'echo $@',
      'echo $?',
      'echo $$',
    ],
    ...[
      '$x',
      '"$x" y',
      '${x} y',
      '$(echo rm) x',
      'ls *',
      'ls *.ts',
      'ls ?',
      'ls [ab]',
      'ls [',
      'ls {a,b}',
      'ls {1..3}',
      'ls a{b,c}d',
      'ls {"a",b}',
      'ls ~',
      'ls ~/x',
      'ls ~root',
      'ls a=~/x',
      'ls a:~',
    ],
    ...[
      'X=1 ls',
      'X=1',
      'GIT_SSH_COMMAND=sh git fetch',
      'export A=b',
      'declare -a x=(1 2)',
      'ls <(rm x)',
      'ls >(rm x)',
      'diff <(a) <(b)',
      'echo $"hi"',
      "echo $'\\x72m'",
      "echo $'a\\0b'",
      "echo $'\\u202e'",
    ],
    ...['ls "a', "ls 'a", 'ls `a', 'ls $(a', 'ls ${a', 'ls a\\', 'if', 'do', '}', ')', '&& ls', '| ls', ';', '&', '', '  ', '\n'],
    ...[
      'ls \r',
      'ls\u00a0x',
      'ls \u2028',
      'ls \u0000',
      'ls \u001b[2K',
      'ls \u202etxt',
      'ls \u200b',
      'ls \ufeff',
      "echo '\u202e'",
      '=ls',
      'ls =cat',
      'ls ?(a)',
      'ls @(a|b)',
      'ls !(a)',
      '"" x',
    ],
    ...['ls "a"$(b)', "ls 'a'$b", 'ls \\$(b)', 'ls "\\\\$(b)"', 'ls "\\\\`b`"', "ls a'b'*", 'eval\n', 'a() b'].filter(
      (command) => command !== 'eval\n',
    ),
  ])('%j', (command) => {
    const { verdict, because, argv } = analyseCommand(command);
    expect(verdict).not.toBe('simple');
    expect(because).toBeTruthy();
    expect(argv).toBeUndefined();
  });

  it('too long or too deep a command is refused without being followed', () => {
    const huge = [
      `ls ${'a'.repeat(maxCommandLength)}`,
      '"$('.repeat(5000),
      '('.repeat(20_000),
      '${x:-'.repeat(8000),
      '`'.repeat(9999),
    ];
    for (const command of huge) expect(analyseCommand(command).verdict).not.toBe('simple');
  });
});

describe('for any text', () => {
  const pieces = fc.constantFrom(
    ...[
      ' ',
      ' ',
      ' ',
      '\n',
      '\t',
      '\\',
      '\\\n',
      "'",
      '"',
      '`',
      '$',
      '$(',
      ')',
      '(',
      '{',
      '}',
      ',',
      '..',
      '*',
      '?',
      '[',
      ']',
      '~',
      '=',
      ':',
      '#',
      '!',
      '&',
      '|',
      ';',
      '<',
      '>',
      "$'",
      '$"',
    ],
    ...[
      'a',
      'b1',
      'x',
      '-m',
      'git',
      '=~',
      '@',
      '%',
      '^',
      '/',
      '.',
      '+',
      'é',
      '\u00a0',
      '${x}',
      '$x',
      '\\x41',
      '\\n',
      '<<E',
      'if',
      'do',
      'time',
    ],
  );
  const commands = fc.array(pieces, { maxLength: 14 }).map((parts) => `a${parts.join('')}`);

  it('the words of a simple command are the words that bash passes, and it never throws', () => {
    const found: string[] = [];
    fc.assert(
      fc.property(commands, (command) => {
        if (analyseCommand(command).verdict === 'simple') found.push(command);
      }),
      { numRuns: 20_000 },
    );
    const sample = [...new Set(found)];
    expect(sample.length).toBeGreaterThan(300);
    expect(argvByBash(sample)).toEqual(sample.map((command) => analyseCommand(command).argv));
  });

  it('whatever stands in single quotes is one literal word', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...' ;&|$`()<>*?[]{}~"\\!#=\nabc'), maxLength: 60 }), (text) => {
        expect(analyseCommand(`git commit -m '${text}'`)).toEqual({ verdict: 'simple', argv: ['git', 'commit', '-m', text] });
      }),
    );
  });

  it('arbitrary characters are judged without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(['simple', 'compound', 'opaque']).toContain(analyseCommand(text).verdict);
      }),
    );
  });
});
