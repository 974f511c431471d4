/** What can be written to: a terminal. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Whether the terminal's other screen was taken here, and is to be given back. */
let taken = false;

/** Takes the terminal's other screen and says that something is on its way, before anything heavy is loaded. Again: says it anew. */
export function drawLoading(screen: Screen, saying: string): void {
  const { columns = 80, rows = 24 } = screen;
  const title = 'decree';
  const at = (row: number, text: string) =>
    `\x1b[${Math.max(1, row)};${Math.max(1, Math.floor((columns - text.length) / 2) + 1)}H${text}`;
  const middle = Math.floor(rows / 2);
  screen.write(
    `${taken ? '' : '\x1b[?1049h'}\x1b[2J\x1b[?25l\x1b[1m${at(middle - 1, title)}\x1b[0m${at(middle + 1, saying.slice(0, columns))}`,
  );
  taken = true;
}

/** Gives the person's own screen back, as it was; once. */
export function leaveLoading(screen: Screen): void {
  if (!taken) return;
  taken = false;
  screen.write('\x1b[?1049l\x1b[?25h');
}
