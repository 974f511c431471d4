import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCapabilities } from '../../../src/tui/terminal/capabilities.ts';
import { copySequence, longestCopy } from '../../../src/tui/terminal/clipboard.ts';
import { parseMouse } from '../../../src/tui/terminal/mouse.ts';
import { notifySequence, notifyWays } from '../../../src/tui/terminal/notify.ts';
import { enterSequence, guardTerminal, leaveSequence } from '../../../src/tui/terminal/restore.ts';
import { anyText, emulator, write } from '../text/terminals.ts';

const on = (env: Record<string, string>) => readCapabilities({ env, input: true, output: true });

describe('readCapabilities', () => {
  it('refuses what is no terminal, and says what to do', () => {
    expect(on({ TERM: 'xterm' }).refusal).toBeNull();
    expect(on({ TERM: 'dumb' }).refusal).toContain('TERM is "dumb"');
    expect(readCapabilities({ env: {}, input: true, output: false }).refusal).toContain('--headless');
    expect(readCapabilities({ env: {}, input: false, output: true }).refusal).toContain('standard input');
  });

  it.each([
    [{ TERM: 'xterm-256color' }, '256'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'true'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }, 'none'],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, '256'],
    [{ TERM: 'xterm', FORCE_COLOR: '3' }, 'true'],
    [{ TERM: 'xterm-kitty' }, 'true'],
    [{ TERM: 'linux' }, '16'],
    [{ TERM: 'vt100' }, 'none'],
    [{}, '16'],
  ] as const)('reads the depth of colours from %o: %s', (env, depth) => {
    expect(on(env).depth).toBe(depth);
  });

  it('reads the background, dark when nothing says', () => {
    expect(on({ COLORFGBG: '0;15' }).background).toBe('light');
    expect(on({ COLORFGBG: '0;default;7' }).background).toBe('light');
    expect(on({ COLORFGBG: '15;0' }).background).toBe('dark');
    expect(on({}).background).toBe('dark');
  });
});

describe('parseMouse', () => {
  const still = { shift: false, alt: false, ctrl: false };
  it('reads clicks and the wheel, with and without the escape, several at once', () => {
    expect(parseMouse('[<0;10;5M').events).toEqual([{ kind: 'press', button: 'left', column: 9, row: 4, ...still }]);
    expect(parseMouse('\u001b[<64;300;200M\u001b[<65;1;1M').events.map(({ kind, column }) => [kind, column])).toEqual([
      ['wheel-up', 299],
      ['wheel-down', 0],
    ]);
    expect(parseMouse('[<18;2;3m').events).toEqual([
      { kind: 'release', button: 'right', column: 1, row: 2, ...still, ctrl: true },
    ]);
  });

  it('leaves what was typed, and is silent about moves and other buttons', () => {
    expect(parseMouse('j[<35;1;1Mk')).toEqual({ events: [], rest: 'jk' });
    expect(parseMouse('[<66;1;1M[<128;1;1M[<0;0;1M').events).toEqual([]);
    expect(parseMouse('[<0;1')).toEqual({ events: [], rest: '[<0;1' });
  });
});

describe('what is written past the screen', () => {
  it('changes nothing but what it is for, whatever the text holds', async () => {
    const terminal = emulator('graphemes');
    const titles: string[] = [];
    const answers: string[] = [];
    terminal.onTitleChange((title) => titles.push(title));
    terminal.onData((data) => answers.push(data));
    await fc.assert(
      fc.asyncProperty(anyText(), fc.constantFrom('bell', 'osc9', 'osc777'), fc.boolean(), async (text, way, tmux) => {
        const nasty = `${text}\u0007\u001b\\\u001b]0;owned\u0007\u001b[6n;${text}`;
        await write(
          terminal,
          `\u001b[H\r${notifySequence(way, { title: nasty, body: nasty }, tmux)}${copySequence(nasty, tmux).sequence ?? ''}`,
        );
        expect([terminal.buffer.active.cursorX, titles, answers]).toEqual([0, [], []]);
      }),
      { numRuns: 200 },
    );
    terminal.dispose();
  });

  it('copies text without what a shell would obey, and says when it is too long', () => {
    expect(copySequence('a\tb\n\u001b[31mc\u0003').sequence).toBe(
      `\u001b]52;c;${Buffer.from('a\tb\n[31mc').toString('base64')}\u0007`,
    );
    expect(copySequence('x'.repeat(longestCopy + 1))).toEqual({
      sequence: null,
      message: expect.stringContaining('Too long to copy'),
    });
  });
});

describe('notifyWays', () => {
  it('takes what the person chose, else what the terminal is known to understand', () => {
    expect(notifyWays({ bell: true, notifications: 'off' }, {})).toEqual(['bell']);
    expect(notifyWays({ bell: false, notifications: 'osc9' }, {})).toEqual(['osc9']);
    expect(notifyWays({ bell: false, notifications: 'auto' }, { TERM: 'xterm' })).toEqual([]);
    expect(notifyWays({ bell: true, notifications: 'auto' }, { VTE_VERSION: '7800' })).toEqual(['bell', 'osc777']);
    expect(notifyWays({ bell: false, notifications: 'auto' }, { TERM_PROGRAM: 'iTerm.app' })).toEqual(['osc9']);
  });
});

describe('guardTerminal', () => {
  it('gives the terminal back once, however the process ends, and takes it again after a suspension', () => {
    const use = { alternate: true, mouse: true };
    const written: string[] = [];
    const ending = new EventEmitter();
    const guard = guardTerminal(use, (sequence) => written.push(sequence), ending);
    guard.enter();
    guard.leave();
    guard.enter();
    ending.emit('exit');
    ending.emit('exit');
    guard.close();
    // An editor that ends after all else.
    guard.enter();
    expect(written).toEqual([enterSequence(use), leaveSequence(use), enterSequence(use), leaveSequence(use)]);
    expect(ending.listenerCount('exit')).toBe(0);
  });

  it('leaves no mode behind', async () => {
    const terminal = emulator('graphemes', 40, 5);
    const before = JSON.stringify(terminal.modes);
    const use = { alternate: true, mouse: true };
    await write(terminal, `shell$ ${enterSequence(use)}\u001b[?25l\u001b[?2026h\u001b[31mscreen`);
    expect(terminal.buffer.active.type).toBe('alternate');
    await write(terminal, leaveSequence(use));
    expect(terminal.buffer.active.type).toBe('normal');
    expect(JSON.stringify(terminal.modes)).toBe(before);
    expect(terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('shell$ ');
    terminal.dispose();
  });
});
