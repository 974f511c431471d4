// Over 250 lines because it is the text of the demo's source files, which belong in one place.

/** A change to the demo's project that the scripted Implementor can make and the scripted Reviewer can judge. */
export interface KnownWork {
  /** The title, which is the requirement's heading in the spec. */
  title: string;
  subject: string;
  /** What the pull request says under `Closes #N`. */
  summary: string;
  /** File by file, the states it goes through: as it is at first (null: absent), then after each attempt. */
  files: Record<string, (string | null)[]>;
  /** One for each acceptance criterion of the issue, found by words that occur in it. */
  criteria: Criterion[];
}

export interface Criterion {
  words: string;
  isMet(files: ReadonlyMap<string, string>): boolean;
  /** What is wrong and what should happen, when it is not met. */
  feedback: string;
}

const readingTimeAtFirst = `import { words } from './words.ts';

/** How many whole minutes a text takes to read. */
export function readingTime(text: string, wordsPerMinute = 200): number {
  return Math.round(words(text).length / wordsPerMinute);
}
`;

// The flaw is a common one: the floor of one minute, meant for short notes, is given to a blank text too.
const readingTimeFlawed = `import { words } from './words.ts';

/** How many whole minutes a text takes to read; a started minute counts as a whole one. */
export function readingTime(text: string, wordsPerMinute = 200): number {
  if (!(wordsPerMinute > 0)) throw new RangeError(\`Expected a positive number of words per minute, got \${wordsPerMinute}\`);
  return Math.max(1, Math.ceil(words(text).length / wordsPerMinute));
}
`;

const readingTimeRepaired = `import { words } from './words.ts';

/** How many whole minutes a text takes to read; a started minute counts as a whole one, and a blank text takes none. */
export function readingTime(text: string, wordsPerMinute = 200): number {
  if (!(wordsPerMinute > 0)) throw new RangeError(\`Expected a positive number of words per minute, got \${wordsPerMinute}\`);
  return Math.ceil(words(text).length / wordsPerMinute);
}
`;

const readingTimeTestAtFirst = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readingTime } from '../src/reading-time.ts';

test('takes two minutes for four hundred words', () => {
  assert.equal(readingTime('word '.repeat(400)), 2);
});
`;

const readingTimeTestFlawed = `${readingTimeTestAtFirst}
test('counts a started minute as a whole one', () => {
  assert.equal(readingTime('word '.repeat(401)), 3);
});

test('takes at least a minute for a short note', () => {
  assert.equal(readingTime('Back soon.'), 1);
});

test('refuses a speed that is not a positive number', () => {
  for (const speed of [0, -1, Number.NaN]) assert.throws(() => readingTime('word', speed), RangeError);
});
`;

const readingTimeTestRepaired = `${readingTimeTestFlawed}
test('takes no time for a blank text', () => {
  assert.equal(readingTime(''), 0);
  assert.equal(readingTime(' \\n\\t'), 0);
});
`;

const topWords = `import { words } from './words.ts';

export interface WordCount {
  word: string;
  count: number;
}

/** The most frequent words in lower case, the most frequent first, words of equal frequency in alphabetical order. */
export function topWords(text: string, limit = 5): WordCount[] {
  const counts = new Map<string, number>();
  for (const word of words(text.toLowerCase())) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .map(([word, count]) => ({ word, count }))
    .sort((a, b) => b.count - a.count || a.word.localeCompare(b.word))
    .slice(0, limit);
}
`;

const topWordsCommand = `import { topWords } from '../top-words.ts';
import type { Command } from './command.ts';

export const command: Command = {
  name: 'top-words',
  summary: 'the most frequent words',
  run(text) {
    return topWords(text)
      .map(({ word, count }) => \`\${count} \${word}\`)
      .join('\\n');
  },
};
`;

const topWordsTest = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../src/commands/top-words.ts';
import { topWords } from '../src/top-words.ts';

test('counts words that differ in case as one, in lower case', () => {
  assert.deepEqual(topWords('Tea tea TEA'), [{ word: 'tea', count: 3 }]);
});

test('gives the most frequent first and equals in alphabetical order', () => {
  assert.deepEqual(
    topWords('pear fig pear apple fig pear').map(({ word }) => word),
    ['pear', 'fig', 'apple'],
  );
  assert.deepEqual(
    topWords('b a c').map(({ word }) => word),
    ['a', 'b', 'c'],
  );
});

test('gives at most the limit, five unless told otherwise, and none for a blank text', () => {
  assert.equal(topWords('a b c d e f g').length, 5);
  assert.equal(topWords('a b c d e f g', 2).length, 2);
  assert.deepEqual(topWords(' '), []);
});

test('prints a word per line with its count before it', () => {
  assert.equal(command.run('tea or tea', []), '2 tea\\n1 or');
});
`;

const excerpt = `/** The first words of a text, separated by single spaces, with an ellipsis where something was left out. */
export function excerpt(text: string, limit = 20): string {
  const all = text.split(/\\s+/).filter((word) => word !== '');
  const first = all.slice(0, limit).join(' ');
  return all.length > limit ? \`\${first}…\` : first;
}
`;

const excerptCommand = `import { excerpt } from '../excerpt.ts';
import type { Command } from './command.ts';

export const command: Command = {
  name: 'excerpt',
  summary: 'how the text begins',
  run(text) {
    return excerpt(text);
  },
};
`;

const excerptTest = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../src/commands/excerpt.ts';
import { excerpt } from '../src/excerpt.ts';

test('gives the first words, separated by single spaces', () => {
  assert.equal(excerpt('one  two\\n three', 3), 'one two three');
});

test('shows by an ellipsis that something was left out, and only then', () => {
  assert.equal(excerpt('one two three', 2), 'one two…');
  assert.equal(excerpt('one two', 2), 'one two');
  assert.equal(excerpt(''), '');
});

test('gives twenty words unless told otherwise', () => {
  assert.equal(command.run('word '.repeat(21), []), \`\${'word '.repeat(20).trim()}…\`);
});
`;

export const knownWork: readonly KnownWork[] = [
  {
    title: 'Make the reading time honest',
    subject: 'Count a started minute of reading as a whole one',
    summary: 'A started minute counts as a whole one, and a speed that is not a positive number is refused.',
    files: {
      'src/reading-time.ts': [readingTimeAtFirst, readingTimeFlawed, readingTimeRepaired],
      'test/reading-time.test.ts': [readingTimeTestAtFirst, readingTimeTestFlawed, readingTimeTestRepaired],
    },
    criteria: [
      criterion('started minute', 'src/reading-time.ts', /Math\.ceil\(/, 'it must round up'),
      criterion(
        'at least one word',
        'src/reading-time.ts',
        /Math\.(max\(1, )?Math\.ceil|Math\.ceil/,
        'a short note must take 1 minute',
      ),
      {
        words: 'blank text',
        isMet: (files) => !/Math\.max\(1,/.test(files.get('src/reading-time.ts') ?? 'Math.max(1,'),
        feedback:
          '`readingTime("")` and `readingTime(" ")` give 1, because `Math.max(1, …)` holds for no words too. A blank text must take 0 minutes.',
      },
      criterion(
        'not a positive number',
        'src/reading-time.ts',
        /RangeError/,
        'speeds of 0, -1 and NaN must be refused with a RangeError',
      ),
      criterion('has a test', 'test/reading-time.test.ts', /readingTime\(''\)/, 'no test calls `readingTime` with a blank text'),
    ],
  },
  {
    title: 'Show the most frequent words',
    subject: 'Add the most frequent words',
    summary: 'Adds `topWords(text, limit)` and the command `top-words FILE`.',
    files: {
      'src/top-words.ts': [null, topWords],
      'src/commands/top-words.ts': [null, topWordsCommand],
      'test/top-words.test.ts': [null, topWordsTest],
    },
    criteria: [
      criterion('differ in case', 'src/top-words.ts', /toLowerCase\(\)/, 'words must be counted in lower case'),
      criterion(
        'alphabetical order',
        'src/top-words.ts',
        /localeCompare/,
        'words of equal frequency must be in alphabetical order',
      ),
      criterion(
        'At most',
        'src/top-words.ts',
        /limit = 5[\s\S]*slice\(0, limit\)/,
        'at most `limit` words must be given, 5 by default',
      ),
      criterion(
        'one word per line',
        'src/commands/top-words.ts',
        /count\} \$\{word/,
        'the command must print the count before the word',
      ),
      criterion(
        'has a test',
        'test/top-words.test.ts',
        /alphabetical[\s\S]*limit[\s\S]*prints/,
        'not every criterion has a test',
      ),
    ],
  },
  {
    title: 'Show how a text begins',
    subject: 'Add an excerpt of a text',
    summary: 'Adds `excerpt(text, limit)` and the command `excerpt FILE`.',
    files: {
      'src/excerpt.ts': [null, excerpt],
      'src/commands/excerpt.ts': [null, excerptCommand],
      'test/excerpt.test.ts': [null, excerptTest],
    },
    criteria: [
      criterion('At most', 'src/excerpt.ts', /limit = 20/, 'at most `limit` words must be given, 20 by default'),
      criterion('ellipsis', 'src/excerpt.ts', /length > limit/, 'the ellipsis must be there only when something was left out'),
      criterion('has a test', 'test/excerpt.test.ts', /ellipsis/, 'not every criterion has a test'),
    ],
  },
];

export function findWork(title: string): KnownWork | undefined {
  return knownWork.find((work) => work.title.toLowerCase() === title.trim().toLowerCase());
}

function criterion(words: string, path: string, pattern: RegExp, feedback: string): Criterion {
  return { words, isMet: (files) => pattern.test(files.get(path) ?? ''), feedback: `${path}: ${feedback}.` };
}
