import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { createScreen, type Row } from '../../../src/tui/terminal/screen.ts';

const size = { columns: 20, rows: 3 };
const twoPanes = (left: string, right: string): Row => [
  { column: 0, text: left.padEnd(10) },
  { column: 10, text: right.padEnd(10) },
];
const whole = (text: string): Row => [{ column: 0, text: text.padEnd(20) }];

function openScreen() {
  const terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true, scrollback: 0 });
  const writes: string[] = [];
  const screen = createScreen((text) => {
    writes.push(text);
    terminal.write(text);
  });
  const seen = async () => {
    await new Promise<void>((resolve) => terminal.write('', resolve));
    return Array.from({ length: terminal.rows }, (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? '');
  };
  return { terminal, writes, screen, seen };
}

describe('the screen', () => {
  it('shows all rows, each part at its place', async () => {
    const { screen, seen, writes } = openScreen();
    screen.draw([whole('head'), twoPanes('a', 'one'), twoPanes('b', 'two')], size);
    expect(await seen()).toEqual(['head', 'a         one', 'b         two']);
    expect(writes).toHaveLength(1);
  });

  it('writes nothing when nothing changed', () => {
    const { screen, writes } = openScreen();
    const rows = () => [whole('head'), twoPanes('a', 'one'), twoPanes('b', 'two')];
    screen.draw(rows(), size);
    screen.draw(rows(), size);
    expect(writes).toHaveLength(1);
  });

  it('writes only the part that changed, between the marks of one update', async () => {
    const { screen, seen, writes } = openScreen();
    screen.draw([whole('head'), twoPanes('a', 'one'), twoPanes('b', 'two')], size);
    screen.draw([whole('head'), twoPanes('a', 'one'), twoPanes('b', 'three')], size);
    expect(await seen()).toEqual(['head', 'a         one', 'b         three']);
    expect(writes[1]).toBe('\u001B[?2026h\u001B[3;11Hthree\u001B[K\u001B[?2026l');
  });

  it('leaves nothing of what was longer, nor of rows that are gone', async () => {
    const { screen, seen } = openScreen();
    screen.draw([whole('a long heading'), twoPanes('aaaaaaaaaa', 'bbbbbbbbbb'), whole('third')], size);
    screen.draw([twoPanes('a', 'b'), whole('c')], size);
    expect(await seen()).toEqual(['a         b', 'c', '']);
  });

  it('keeps the colour of a row that is painted to its end', async () => {
    const { screen, terminal, seen } = openScreen();
    screen.draw([[{ column: 0, text: `\u001B[44mchosen${' '.repeat(14)}\u001B[0m` }], whole('plain'), whole('')], size);
    await seen();
    const cell = (row: number) => terminal.buffer.active.getLine(row)?.getCell(19);
    expect(cell(0)?.isBgDefault()).toBe(false);
    expect(cell(1)?.isBgDefault()).toBe(true);
  });

  it('draws everything anew on a terminal of another size', async () => {
    const { screen, terminal, seen } = openScreen();
    screen.draw([whole('head'), twoPanes('a', 'one'), twoPanes('b', 'two')], size);
    await seen();
    terminal.resize(20, 2);
    terminal.write('what was on its way');
    screen.draw([whole('head'), twoPanes('a', 'one')], { columns: 20, rows: 2 });
    expect(await seen()).toEqual(['head', 'a         one']);
  });

  it('draws everything anew when the terminal was resized and is as large as before', () => {
    const written: string[] = [];
    const screen = createScreen((text) => written.push(text));
    const rows = [[{ column: 0, text: 'one' }], [{ column: 0, text: 'two' }]];
    screen.draw(rows, { columns: 10, rows: 2 });
    screen.resized({ columns: 1, rows: 1 });
    expect(written).toHaveLength(1);
    screen.resized({ columns: 10, rows: 2 });
    expect(written[1]).toBe(written[0]);
  });

  it('writes nothing while the terminal is lent, and the newest rows when it is back', async () => {
    const { screen, terminal, seen, writes } = openScreen();
    screen.draw([whole('head'), whole('one'), whole('two')], size);
    screen.pause();
    terminal.write('\u001B[2Jan editor');
    screen.draw([whole('head'), whole('one'), whole('three')], size);
    expect(writes).toHaveLength(1);
    screen.resume();
    expect(await seen()).toEqual(['head', 'one', 'three']);
  });
});
