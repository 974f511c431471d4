import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';

/** How a terminal measures: each code point by the tables of 2018, or clusters by newer ones. */
export type Measuring = 'unicode11' | 'graphemes';

/** A terminal emulator without a screen. The one that comes with xterm takes every emoji for one cell, as no terminal in use does. */
export function emulator(measuring: Measuring, cols = 400, rows = 6): Terminal {
  const terminal = new Terminal({ cols, rows, allowProposedApi: true, scrollback: 50 });
  if (measuring === 'unicode11') {
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = '11';
  } else {
    terminal.loadAddon(new UnicodeGraphemesAddon());
  }
  return terminal;
}

export const write = (terminal: Terminal, data: string): Promise<void> => new Promise((done) => terminal.write(data, done));

/** Any code points at all, halves of surrogate pairs among them; fast-check's own unit for it takes a second to set up. */
export const anyText = (maxLength = 40): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.nat(0x2ff), fc.nat(0xffff), fc.nat(0x10ffff)), { maxLength })
    .map((codePoints) => codePoints.map((codePoint) => String.fromCodePoint(codePoint)).join(''));
