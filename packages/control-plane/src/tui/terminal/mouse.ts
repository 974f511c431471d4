/** What the mouse did. Columns and rows count from 0 at the upper left. */
export interface MouseEvent {
  readonly kind: 'press' | 'release' | 'wheel-up' | 'wheel-down';
  /** Of a press or release. */
  readonly button: 'left' | 'middle' | 'right';
  readonly column: number;
  readonly row: number;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
}

export interface MouseInput {
  readonly events: readonly MouseEvent[];
  /** What was typed besides. */
  readonly rest: string;
}

/** Presses, releases and the wheel, in the SGR form that knows no widest column. Dragging stays the terminal's, for selecting text. */
export const mouseOn = '\u001B[?1000h\u001B[?1006h';
export const mouseOff = '\u001B[?1006l\u001B[?1000l';

/** Reads the mouse out of input, with or without the ESC; several in one piece come from a fast wheel. */
export function parseMouse(input: string): MouseInput {
  if (!input.includes('[<')) return { events: [], rest: input };
  const events: MouseEvent[] = [];
  const rest = input.replace(report, (_, code: string, column: string, row: string, end: string) => {
    const event = eventOf(Number(code), Number(column) - 1, Number(row) - 1, end === 'm');
    if (event) events.push(event);
    return '';
  });
  return { events, rest };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an unfinished report begins with one
const unfinished = /\u001B\[<[\d;]*$/;

/**
 * The same input without the mouse in it, which is told to `hear`. Ink takes a mouse report for an answer of the terminal, and
 * drops it before anybody who listens for keys; so it is taken out of what Ink reads. A report may come in two pieces.
 */
export function hearMouse(input: NodeJS.ReadStream, hear: (event: MouseEvent) => void): NodeJS.ReadStream {
  let held = '';
  const read = (size?: number): unknown => {
    const chunk: unknown = input.read(size);
    if (typeof chunk !== 'string') return chunk;
    const text = held + chunk;
    held = unfinished.exec(text)?.[0] ?? '';
    const { events, rest } = parseMouse(text.slice(0, text.length - held.length));
    for (const event of events) hear(event);
    return rest;
  };
  return new Proxy(input, {
    get(target, name) {
      if (name === 'read') return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: mouse reports begin with one
const report = /\u001B?\[<(\d{1,4});(\d{1,5});(\d{1,5})([Mm])/g;

const buttons = ['left', 'middle', 'right'] as const;

function eventOf(code: number, column: number, row: number, released: boolean): MouseEvent | null {
  if (column < 0 || row < 0) return null;
  const held = { shift: (code & 4) !== 0, alt: (code & 8) !== 0, ctrl: (code & 16) !== 0 };
  const which = code & 3;
  if (code >= 128) return null;
  if (code & 64) {
    // Sideways wheels are 66 and 67.
    if (which > 1) return null;
    return { kind: which === 0 ? 'wheel-up' : 'wheel-down', button: 'middle', column, row, ...held };
  }
  const button = buttons[which];
  // 3: moved with no button held; 32: moved with one.
  if (button === undefined || code & 32) return null;
  return { kind: released ? 'release' : 'press', button, column, row, ...held };
}
