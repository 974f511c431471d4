import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal } from '@xterm/headless';

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
