import { mouseOff, mouseOn } from './mouse.ts';

export interface TerminalUse {
  /** A screen of our own: what was there before comes back. */
  readonly alternate: boolean;
  readonly mouse: boolean;
}

export interface TerminalGuard {
  /** Takes the terminal, at the start and when the process comes back from being suspended. */
  enter(): void;
  /** Gives it back as it was; any number of times. */
  leave(): void;
  /** Gives it back and no longer watches the process. */
  close(): void;
}

/** The parts of `process` that say that it ends. */
export interface EndingProcess {
  on(event: 'exit', listener: () => void): unknown;
  off(event: 'exit', listener: () => void): unknown;
}

/**
 * Gives the terminal back however the process ends: by quitting, by an exception that nobody caught, by a signal that ends in
 * `exit`. `write` must be synchronous: when the process exits nothing else is written any more.
 */
export function guardTerminal(use: TerminalUse, write: (sequence: string) => void, ending: EndingProcess): TerminalGuard {
  let taken = false;
  let closed = false;
  const leave = (): void => {
    if (!taken) return;
    taken = false;
    write(leaveSequence(use));
  };
  ending.on('exit', leave);
  return {
    enter() {
      // What had the terminal may end after everything else has.
      if (taken || closed) return;
      taken = true;
      write(enterSequence(use));
    },
    leave,
    close() {
      closed = true;
      leave();
      ending.off('exit', leave);
    },
  };
}

/** Terminals that reorder right-to-left text do so across the columns of a row: they are asked to leave the order to us. */
const bidiOurs = '\u001B[8l';
const bidiTheirs = '\u001B[8h';

export const enterSequence = ({ alternate, mouse }: TerminalUse): string =>
  `${alternate ? '\u001B[?1049h\u001B[2J\u001B[H' : ''}${bidiOurs}\u001B[?2004h${mouse ? mouseOn : ''}`;

/** In this order: an update that was never ended would hide all that follows; colours and modes before the other screen goes. */
export const leaveSequence = ({ alternate, mouse }: TerminalUse): string =>
  `\u001B[?2026l\u001B[0m${mouse ? mouseOff : ''}\u001B[?2004l${bidiTheirs}${alternate ? '\u001B[?1049l' : ''}\u001B[?25h`;
