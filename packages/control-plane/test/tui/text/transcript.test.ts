import type { TranscriptEntry } from '@decree/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../../src/tui/text/line.ts';
import { createTranscript, mostTranscriptLines, type TranscriptLines } from '../../../src/tui/text/transcript.ts';
import { displayWidth } from '../../../src/tui/text/width.ts';

const at = (second: number): string => `2026-11-20T14:05:${String(second).padStart(2, '0')}.000Z`;
const said = (text: string): TranscriptEntry => ({ kind: 'text', at: at(0), text });
const asked = (toolCallId: string, tool: string, input: unknown, subagent?: string): TranscriptEntry => ({
  ...{ kind: 'tool_requested', at: at(1), toolCallId, tool, input },
  ...(subagent !== undefined && { subagent }),
});
const gave = (toolCallId: string, output: string, isError = false): TranscriptEntry => ({
  ...{ kind: 'tool_completed', at: at(3), toolCallId, isError, output },
});

const fromTheStart = { first: 0, earlier: 'none' } as const;
const none: ReadonlySet<string> = new Set();
const all = (lines: TranscriptLines): string[] => Array.from({ length: lines.length }, (_, index) => textOf(lines.lineAt(index)));
const shown = (entries: readonly TranscriptEntry[], open: readonly string[] = [], columns = 50): string[] =>
  all(createTranscript().lines({ ...fromTheStart, entries }, columns, new Set(open)));

describe('a transcript in lines', () => {
  it('shows a tool call as one line, with how it ended', () => {
    const entries = [
      asked('a', 'Bash', { command: 'git status' }),
      asked('b', 'Grep', { pattern: 'x'.repeat(80) }),
      asked('c', 'Read', { file_path: 'src/a.ts' }),
    ];
    expect(shown([...entries, gave('a', 'clean'), gave('b', 'no', true)])).toEqual([
      '▸ Bash  git status  ✔ 2.0s',
      `▸ Grep  ${'x'.repeat(33)}…  ✖ 2.0s`,
      '▸ Read  src/a.ts  …',
    ]);
  });

  it('names a file by its place in the worktree, for where the worktree lies would leave no room for it', () => {
    const at = '/home/ann/widgets/.worktrees/issue-7-1795282297';
    expect(shown([asked('r', 'Read', { file_path: `${at}/src/a.ts` }), asked('l', 'Glob', { path: at })])).toEqual([
      '▸ Read  src/a.ts  …',
      `▸ Glob  ${at.slice(0, 38)}…  …`,
    ]);
  });

  it('opens a call to its input and output, and closes it again', () => {
    const transcript = createTranscript();
    const source = {
      ...fromTheStart,
      entries: [asked('a', 'Bash', { command: 'ls\npwd' }), gave('a', 'one\ntwo\n'), said('Done.')],
    };
    expect(all(transcript.lines(source, 50, none))).toEqual(['▸ Bash  ls …  ✔ 2.0s', '', 'Done.']);
    const opened = transcript.lines(source, 50, new Set(['a']));
    expect(all(opened)).toEqual([
      '▾ Bash  ls …  ✔ 2.0s',
      '    $ ls',
      '      pwd',
      '    ────────────',
      '    one',
      '    two',
      '',
      'Done.',
    ]);
    expect([opened.foldAt(0), opened.foldAt(5), opened.foldAt(7)]).toEqual(['a', 'a', null]);
    expect(all(transcript.lines(source, 50, new Set()))).toHaveLength(3);
  });

  it('shows an edit by its size, and opened as a diff', () => {
    const edit = asked('e', 'Edit', { file_path: 'src/a.ts', old_string: 'a\nb', new_string: 'a\nc\nd' });
    expect(shown([edit, gave('e', 'ok')])).toEqual(['▸ Edit  src/a.ts  +2 −1  ✔ 2.0s']);
    expect(shown([edit, gave('e', 'ok')], ['e']).slice(1)).toEqual(['      a', '    - b', '    + c', '    + d']);
    expect(shown([asked('w', 'Write', { file_path: 'n.md', content: 'one\n' })], ['w'])).toEqual([
      '▾ Write  n.md  +1 −0  …',
      '    + one',
    ]);
  });

  it('says why a call was denied or waits, until it has ended', () => {
    const call = asked('a', 'Bash', { command: 'rm -rf .' });
    const put: TranscriptEntry = {
      kind: 'decision',
      at: at(2),
      toolCallId: 'a',
      outcome: 'defer',
      reason: 'somebody has to look',
    };
    expect(shown([call, put])).toEqual([
      '▸ Bash  rm -rf .  ⏸ waits',
      '  ⏸ put off until somebody decides: somebody has',
      '  to look',
    ]);
    expect(shown([call, { ...put, outcome: 'deny', reason: 'never' }])).toEqual([
      '▸ Bash  rm -rf .  ✖ denied',
      '  ✖ denied: never',
    ]);
    expect(shown([call, { ...put, outcome: 'allow', reason: 'fine' }, gave('a', '')])).toEqual(['▸ Bash  rm -rf .  ✔ 2.0s']);
  });

  it('folds thinking, names sub-agents, and tells who spoke and what went wrong', () => {
    const entries: TranscriptEntry[] = [
      { kind: 'thinking', at: at(0), text: 'first\nsecond' },
      asked('s', 'Read', { file_path: 'a' }, 'explorer'),
      asked('t', 'Read', { file_path: 'b' }, 'explorer'),
      { kind: 'notice', at: at(0), level: 'error', text: 'It broke.' },
      { kind: 'told', at: at(0), by: 'ada', text: 'go on' },
    ];
    expect(shown(entries)).toEqual([
      '▸ thinking  first\nsecond',
      '  ◇ explorer',
      '  ▸ Read  a  …',
      '  ▸ Read  b  …',
      '✖ It broke.',
      '',
      '» ada: go on',
    ]);
    expect(shown(entries, ['thinking:0']).slice(0, 3)).toEqual(['▾ thinking', '  first', '  second']);
    expect(
      createTranscript()
        .lines({ ...fromTheStart, entries }, 50, none)
        .errors(),
    ).toEqual([4]);
  });

  it('gives the same object while nothing changes', () => {
    const transcript = createTranscript();
    const source = { ...fromTheStart, entries: [said('a')] };
    expect(transcript.lines(source, 50, none)).toBe(transcript.lines(source, 50, none));
  });

  it('keeps ten thousand lines and says what went', () => {
    const transcript = createTranscript();
    const entries = Array.from({ length: 12_000 }, (_, index) => asked(`c${index}`, 'Bash', { command: `echo ${index}` }));
    const lines = transcript.lines({ ...fromTheStart, entries }, 50, none);
    expect(lines.length).toBe(mostTranscriptLines + 1);
    expect(textOf(lines.lineAt(0))).toContain('is not kept here');
    expect(textOf(lines.lineAt(1))).toContain('echo 2000');
    const more = transcript.lines(
      { first: 5_000, earlier: 'not kept', entries: [...entries.slice(5_000), asked('z', 'Bash', { command: 'last' })] },
      50,
      none,
    );
    expect([more.length, more.first - lines.first]).toEqual([mostTranscriptLines + 1, 1]);
    expect(textOf(more.lineAt(more.length - 1))).toContain('last');
  });

  it('begins anew when entries between were never seen', () => {
    const transcript = createTranscript();
    transcript.lines({ ...fromTheStart, entries: [said('a')] }, 50, none);
    expect(all(transcript.lines({ first: 7, earlier: 'not kept', entries: [said('h')] }, 50, none))).toEqual([
      expect.stringContaining('is not kept here'),
      'h',
    ]);
    expect(all(transcript.lines({ ...fromTheStart, entries: [] }, 50, none))).toEqual([]);
  });

  it('keeps the number of each line when what stood before it is read back, and joins what belongs together', () => {
    const transcript = createTranscript();
    const entries = [said('one'), asked('a', 'Bash', { command: 'ls' }), gave('a', 'x\n'), said('two'), said('three')];
    const before = transcript.lines({ first: 0, earlier: 'some', entries: entries.slice(2) }, 50, none);
    expect(all(before)[0]).toBe('… what was said before is read when you scroll up to here');
    const numbered = ({ first, ...lines }: TranscriptLines) =>
      new Map(all({ first, ...lines }).map((row, at) => [row, first + at]));
    const after = transcript.lines({ first: -2, earlier: 'none', entries }, 50, none);
    expect(all(after)).toEqual(shown(entries));
    for (const row of ['two', 'three']) expect(numbered(after).get(row)).toBe(numbered(before).get(row));
    const later = transcript.lines({ first: -2, earlier: 'none', entries: [...entries, said('four')] }, 50, none);
    expect(numbered(later).get('three')).toBe(numbered(before).get('three'));
    expect(all(later).at(-1)).toBe('four');
  });

  it('bounds one call, however much it gave back', () => {
    const lines = shown([asked('a', 'Bash', { command: 'yes' }), gave('a', 'y\n'.repeat(100_000))], ['a']);
    expect(lines.length).toBeLessThan(420);
    expect(lines.some((row) => /lines left out/.test(row))).toBe(true);
  });

  const entry = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), at: fc.constant(at(0)), text: fc.string({ maxLength: 120 }) }),
    fc.record({ kind: fc.constant('thinking' as const), at: fc.constant(at(0)), text: fc.string() }),
    fc.record({
      ...{ kind: fc.constant('tool_requested' as const), at: fc.constant(at(1)), tool: fc.constantFrom('Bash', 'Edit', 'Odd') },
      toolCallId: fc.constantFrom('a', 'b', 'c'),
      input: fc.anything(),
    }),
    fc.record({
      kind: fc.constant('tool_completed' as const),
      at: fc.constant(at(2)),
      toolCallId: fc.constantFrom('a', 'b', 'c'),
      isError: fc.boolean(),
      output: fc.string(),
    }),
    fc.record({
      kind: fc.constant('notice' as const),
      at: fc.constant(at(2)),
      level: fc.constantFrom('info' as const, 'error' as const),
      text: fc.string(),
    }),
  );

  it('comes out the same piece by piece as at once, whatever is opened or resized on the way', () => {
    const steps = fc.array(
      fc.record({
        more: fc.array(entry, { maxLength: 5 }),
        columns: fc.constantFrom(20, 60),
        open: fc.subarray(['a', 'b', 'thinking:1']),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(steps, (given) => {
        const transcript = createTranscript();
        let entries: TranscriptEntry[] = [];
        for (const { more, columns, open } of given) {
          entries = [...entries, ...more];
          const source = { ...fromTheStart, entries };
          const piecemeal = transcript.lines(source, columns, new Set(open));
          const whole = createTranscript().lines(source, columns, new Set(open));
          expect(all(piecemeal)).toEqual(all(whole));
          expect(piecemeal.errors()).toEqual(whole.errors());
          for (const index of piecemeal.errors()) expect(index).toBeLessThan(piecemeal.length);
        }
      }),
    );
  });

  it('keeps how a call ended in sight at any width', () => {
    for (const columns of [20, 30, 80]) {
      const [row] = shown([asked('a', 'Bash', { command: '漢'.repeat(200) }), gave('a', '')], [], columns);
      expect(row).toMatch(/✔ 2\.0s$/);
      expect(displayWidth(row ?? '')).toBeLessThanOrEqual(columns);
    }
  });
});
