import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/config/nearest.ts';
import { commands } from '../../../src/tui/keymap/commands.ts';
import { keyName, keysIn, parseKey } from '../../../src/tui/keymap/key-name.ts';
import { KeymapError, overlap, resolveKeymap } from '../../../src/tui/keymap/resolve-keymap.ts';

const problemsOf = (act: () => unknown): readonly string[] => {
  try {
    act();
  } catch (error) {
    if (error instanceof KeymapError) return error.problems;
    throw error;
  }
  return [];
};

describe('the keymap', () => {
  const keymap = resolveKeymap(commands);

  it('has each command once, with a sentence, and no key that means two things', () => {
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length);
    for (const { id, label, help } of commands) {
      expect(id).toMatch(/^[a-z]+\.[a-z-]+$/);
      expect(label.length, id).toBeLessThanOrEqual(16);
      expect(help, id).toMatch(/^[A-Z].*\.$/);
    }
  });

  it.each([
    ['enter', 'move.pin'],
    ['tab', 'move.focus'],
    ['j', 'move.down'],
    ['k', 'move.up'],
    ['d', 'task.dispatch'],
    ['o', 'task.open'],
    ['c', 'task.copy-link'],
    ['q', 'terminal.quit'],
  ])('leaves the founding key %s with %s', (key, id) => {
    for (const focus of ['list', 'detail'] as const) expect(keymap.find(key, { view: 'tasks', focus })?.id).toBe(id);
  });

  it('finds by place: a key may mean one thing in the list and another in the detail', () => {
    expect(keymap.find('/', { view: 'tasks', focus: 'list' })?.id).toBe('look.filter');
    expect(keymap.find('/', { view: 'tasks', focus: 'detail' })?.id).toBe('look.search');
    expect(keymap.find('n', { view: 'runs', focus: 'list' })?.id).toBe('task.add');
    expect(keymap.find('n', { view: 'runs', focus: 'detail' })?.id).toBe('look.next-match');
    expect(keymap.find('F', { view: 'tasks', focus: 'list' })).toBeNull();
  });

  it('takes other keys from the config, in whatever spelling', () => {
    const other = resolveKeymap(commands, { 'task.dispatch': ['Ctrl+G', 'shift+b'], 'task.merge': [], 'look.help': 'alt+H' });
    expect(other.byId('task.dispatch')?.keys).toEqual(['ctrl+g', 'B']);
    expect(other.find('d', { view: 'tasks', focus: 'list' })).toBeNull();
    expect(other.find('B', { view: 'tasks', focus: 'list' })?.id).toBe('task.dispatch');
    expect(other.find('alt+h', { view: 'tasks', focus: 'list' })?.id).toBe('look.help');
    expect(other.byId('task.merge')?.keys).toEqual([]);
  });

  it('refuses a key that would mean two things where both work, and names both', () => {
    expect(problemsOf(() => resolveKeymap(commands, { 'task.merge': 'd' }))).toEqual([
      'tui.keys: expected one meaning for d, found task.dispatch and task.merge',
    ]);
    expect(problemsOf(() => resolveKeymap(commands, { 'look.fold': 'x' }))[0]).toContain('run.cancel');
    expect(problemsOf(() => resolveKeymap(commands, { 'look.fold': ['u', 'u'] }))).toContain(
      'tui.keys.look.fold: expected each key once, found u twice',
    );
  });

  it('refuses what is no command and what is no key, all at once', () => {
    const problems = problemsOf(() =>
      resolveKeymap(commands, { 'task.dispach': 'd', 'task.merge': ['hyper+m', 'ctrl+m'] }, nearest),
    );
    expect(problems).toEqual([
      'tui.keys.task.dispach: expected the name of a command (did you mean task.dispatch?), found no such command',
      'tui.keys.task.merge: expected ctrl, alt or shift before the key, found "hyper"',
      'tui.keys.task.merge: expected a key that a terminal can tell from others, found ctrl+m, which is enter',
    ]);
  });

  it('does not let anybody lock himself in', () => {
    expect(problemsOf(() => resolveKeymap(commands, { 'terminal.quit': 'Z' }))).toEqual([
      'tui.keys.terminal.quit: expected ctrl+c among its keys, with which everybody can leave, found none',
    ]);
    expect(problemsOf(() => resolveKeymap(commands, { 'task.open': 'ctrl+c' }))[0]).toContain('terminal.quit');
  });

  it('knows which places exclude each other', () => {
    expect(overlap('list', 'detail')).toBe(false);
    expect(overlap('runs', 'costs')).toBe(false);
    expect(overlap('runs', 'detail')).toBe(true);
    expect(overlap('everywhere', 'list')).toBe(true);
  });
});

describe('a key', () => {
  it.each([
    ['a', {}, 'a'],
    ['A', { shift: true }, 'A'],
    ['!', {}, '!'],
    [' ', {}, 'space'],
    ['', { return: true }, 'enter'],
    ['\n', {}, 'enter'],
    ['', { escape: true, meta: true }, 'escape'],
    ['', { tab: true, shift: true }, 'shift+tab'],
    ['d', { ctrl: true }, 'ctrl+d'],
    ['x', { meta: true }, 'alt+x'],
    ['', { pageDown: true }, 'page-down'],
    ['', { upArrow: true, shift: true }, 'shift+up'],
    ['ü', {}, 'ü'],
    ['👍', {}, '👍'],
    ['ab', {}, ''],
    ['\u0007', {}, ''],
    ['[999~', {}, ''],
    ['a', { eventType: 'release' }, ''],
  ] as const)('of Ink, %j with %j, is called %s', (input, key, name) => {
    expect(keyName(input, key)).toBe(name);
  });

  it.each([
    ['ctrl+d', 'ctrl+d'],
    [' Shift+Tab ', 'shift+tab'],
    ['PgDn', 'page-down'],
    ['return', 'enter'],
    ['shift+g', 'G'],
    ['G', 'G'],
    ['CTRL+G', 'ctrl+g'],
    ['+', '+'],
    ['ctrl++', 'ctrl++'],
    ['alt+ctrl+x', 'ctrl+alt+x'],
    ['space', 'space'],
  ])('written %j is %s', (written, key) => {
    expect(parseKey(written)).toEqual({ key });
  });

  it.each(['', 'ctrl+', 'dd', 'f1', 'super+x', 'ctrl+h', '\u0003'])('written %j is refused', (written) => {
    expect(parseKey(written)).toHaveProperty('problem');
  });

  it('that came with others in one piece is heard by itself; a flood is no typing', () => {
    expect(keysIn('jj\r').map(({ key }) => key)).toEqual(['j', 'j', 'enter']);
    expect(keysIn('a\x04 👍').map(({ key }) => key)).toEqual(['a', 'ctrl+d', 'space', '👍']);
    expect(keysIn('e\u0301\r\n👩‍👩‍👧\ufffd').map(({ key }) => key)).toEqual(['e\u0301', 'enter', '👩‍👩‍👧', '\ufffd']);
    expect(keysIn('\u0301').map(({ key }) => key)).toEqual(['\u0301']);
    expect(keysIn('d'.repeat(1_000_000))).toEqual([]);
  });
});
