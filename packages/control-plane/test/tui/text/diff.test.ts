import { describe, expect, it } from 'vitest';
import { diffLines, editLines } from '../../../src/tui/text/diff.ts';
import { textOf } from '../../../src/tui/text/line.ts';

const patch = `diff --git a/src/x.ts b/src/x.ts
index 1..2 100644
--- a/src/x.ts
+++ b/src/x.ts
@@ -1,3 +1,4 @@ fn
 a
-b
+c
+-- d
 e
diff --git a/old name b/new name
similarity index 90%
rename from old name
rename to new name
diff --git a/y b/y
new file mode 100644
--- /dev/null
+++ b/y
@@ -0,0 +1 @@
+y
\\ No newline at end of file
`;

describe('diffLines', () => {
  it('gives each file a head with its counts, and each line its sign and numbers', () => {
    expect(diffLines(patch, 80).map(textOf)).toEqual([
      'src/x.ts  +2 −1',
      '@@ -1,3 +1,4 @@ fn',
      '   1    1   a',
      '   2      - b',
      '        2 + c',
      '        3 + -- d',
      '   3    4   e',
      '',
      'new name  was old name',
      '',
      'y  +1 −0  new',
      '@@ -0,0 +1 @@',
      '        1 + y',
      '\\ No newline at end of file',
    ]);
  });

  it('leaves the numbers out where there is no room', () => {
    expect(diffLines(patch, 40).map(textOf).slice(2, 5)).toEqual(['  a', '- b', '+ c']);
    expect(diffLines(patch, 40)[3]).toEqual([{ text: '- b', tone: 'removed' }]);
  });

  it('does not take a removed line that looks like a head for one', () => {
    const lines = diffLines('--- a/f\n+++ b/f\n@@ -1,2 +1,1 @@\n--- a/g\n kept\n', 40).map(textOf);
    expect(lines).toEqual(['f  +0 −1', '@@ -1,2 +1,1 @@', '- -- a/g', '  kept']);
  });

  it("shows the forge's patch of one file, which has no head", () => {
    expect(diffLines('@@ -1 +1 @@\n-a\n+b', 40).map(textOf)).toEqual(['@@ -1 +1 @@', '- a', '+ b']);
  });

  it('says what it left out of a patch without end', () => {
    const lines = diffLines(`@@ -0,0 +1,2000000 @@\n${'+ab\n'.repeat(1_000_000)}`, 40);
    expect(textOf(lines.at(-1) ?? [])).toMatch(/^… cut: 4000022 characters/);
  });
});

describe('editLines', () => {
  it('shows an edit as what went and what came, with the lines around', () => {
    expect(editLines('a\nb\nc\n', 'a\nB\nc\nd\n').map(textOf)).toEqual(['  a', '- b', '+ B', '  c', '+ d']);
    expect(editLines('', 'new\n').map(textOf)).toEqual(['+ new']);
  });

  it('does not compare for ever', () => {
    expect(textOf(editLines('x'.repeat(300_000), 'y'.repeat(300_000))[0] ?? [])).toContain('too long to compare');
    const many = (word: string): string => Array.from({ length: 20_000 }, (_, at) => `${word}${at}`).join('\n');
    expect(editLines(many('a'), many('b')).length).toBeGreaterThan(30_000);
  });
});
