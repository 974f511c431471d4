/** What a person does at the terminal, and what they see of it. */
import type { Pty } from '../pty.ts';

export const keys = {
  ...{ enter: '\r', escape: '\x1b', tab: '\t', down: '\x1b[B', up: '\x1b[A', left: '\x1b[D', right: '\x1b[C' },
  ...{ pageDown: '\x1b[6~', pageUp: '\x1b[5~', suspend: '\x1a', backspace: '\x7f', refresh: '\x12', redraw: '\x0c' },
} as const;

const selectedRow = /^› (\S+)/;

/** Resolves when the engine's tasks are on the screen. */
export const ready = (pty: Pty): Promise<void> => pty.see(/^› \S/m, 60_000);

/** The rows of the list, without the sign before them. */
export const listRows = (pty: Pty): string[] =>
  pty
    .screen()
    .slice(1, -2)
    .map((row) => row.split('│')[0]?.trimEnd() ?? '')
    .filter((row) => /^[› ] \S/.test(row));

/** What the selected row begins with: `#12`, without the priority's arrow. */
export const selected = (pty: Pty): string | null =>
  pty
    .screen()
    .flatMap((row) => selectedRow.exec(row)?.[1] ?? [])
    .map((name) => name.replace(/[↑↓]$/, ''))[0] ?? null;

/** Selects a row that is on the screen, now or soon, with the mouse; again when the rows moved under it. */
export async function select(pty: Pty, name: string): Promise<void> {
  const row = () => pty.screen().findIndex((text) => new RegExp(`^[› ] ${name}[↑↓]? `).test(text));
  for (let attempt = 1; selected(pty) !== name; attempt++) {
    await pty.until(() => row() >= 0, `${name} on the screen`);
    pty.type(click(4, row()));
    await pty
      .until(() => selected(pty) === name, `${name} to be selected`, attempt < 6 ? 5_000 : 45_000)
      .catch((error: unknown) => {
        if (attempt >= 6) throw error;
      });
  }
}

/** Turns the tabs of the detail until this one is open. */
export async function openTab(pty: Pty, tab: string): Promise<void> {
  const open = () => /\[(\w+)\]/.exec(pty.screen()[1] ?? '')?.[1] ?? /\[(\w+)\]/.exec(pty.text())?.[1];
  for (let step = 0; step < 12 && open() !== tab; step++) {
    const before = open();
    pty.type('l');
    await pty.until(() => open() !== before, `another tab than ${before}`);
  }
  if (open() !== tab) throw new Error(`there is no tab ${tab}:\n${pty.text()}`);
}

/**
 * Presses a key until it is answered so: what the engine knows already may reach the screen a moment later, and a key that is
 * refused does nothing. Only for keys that do nothing more once they were taken.
 */
export async function insist(on: Pick<Pty, 'type' | 'see'>, key: string, wanted: string | RegExp): Promise<void> {
  for (let attempt = 1; attempt < 8; attempt++) {
    on.type(key);
    const seen = await on.see(wanted, 4_000).then(
      () => true,
      () => false,
    );
    if (seen) return;
  }
  on.type(key);
  await on.see(wanted);
}

/** Escape, by itself: what follows at once would be taken for the same key. */
export async function leave(pty: Pty, gone: string | RegExp): Promise<void> {
  pty.type(keys.escape);
  await pty.lose(gone);
}

/** Back to the tasks, with nothing open: a test that failed half way leaves the next one what it expects. */
export async function goHome(pty: Pty): Promise<void> {
  for (let step = 0; step < 4; step++) {
    pty.type(keys.escape);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  pty.type('1');
}

/** An SGR mouse report: a click of the left button, or a turn of the wheel; column and row from 0. */
export const click = (column: number, row: number): string =>
  `\x1b[<0;${column + 1};${row + 1}M\x1b[<0;${column + 1};${row + 1}m`;
export const wheel = (column: number, row: number, down: boolean): string => `\x1b[<${down ? 65 : 64};${column + 1};${row + 1}M`;
