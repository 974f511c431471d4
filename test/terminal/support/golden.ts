/*
 * Golden screens: what a person sees, as text files that a person can read. `UPDATE_GOLDEN=1` writes them; without it a screen
 * that is not there, or is another, fails.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Pty } from '../pty.ts';

const directory = fileURLToPath(new URL('../golden', import.meta.url));
const updating = process.env.UPDATE_GOLDEN === '1';
/** A screen on which nothing came for so long stands still, in milliseconds; live rows tick once a second. */
const stillMs = 900;

/** What differs from run to run, by what it is replaced with; columns stay where they are wherever the text is aligned. */
const masks: readonly (readonly [RegExp, (match: string) => string])[] = [
  [/decree-[et]-\w{0,6}/g, (match) => match.replace(/\w{0,6}$/, (name) => '*'.repeat(name.length))],
  [/issue-(\d+)-\d+/g, (match) => match.replace(/\d+$/, (digits) => '0'.repeat(digits.length))],
  [/\b(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])[0-9a-f]{4,}(-[0-9a-f]*)*\b/g, (match) => match.replace(/[0-9a-f]/g, '*')],
  [/\b\d{7,}\b/g, (match) => '*'.repeat(match.length)],
  [/(?<!\d)[012]\d:[0-5]\d(:[0-5]\d)?(\.\d+)?/g, (match) => match.replace(/\d/g, '0')],
  // What is left of an id that was wrapped.
  [/│ {4,}[0-9a-f]{1,8}$/g, (match) => match.replace(/[0-9a-f]/g, '*')],
  [/(?<=│ {4,})[0-9a-f]{1,8}(?=-[*0-9a-f])/g, (match) => '*'.repeat(match.length)],
  // How long was waited of the time that a bar spans.
  [/[·█]{10,}/g, (match) => '█'.repeat(match.length)],
  [/\d+ (?=filtered|hidden|more below)/g, (match) => match.replace(/\d/g, '#')],
  [/(?<=⠿ Planner |[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Planner )\d+[smh]\S*/g, () => '~t'],
  [/\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g, () => '1 Jan'],
  [/\b20\d\d-\d\d-\d\d/g, () => '2026-01-01'],
  [/ {2,}\d+(\.\d+)?(ms|s|m|h\d\dm)\b/g, (match) => '~t'.padStart(match.length)],
  [/\b(\d+h \d\dm|\d+m \d\ds|\d+(\.\d+)?(ms|s))\b/g, () => '~t'],
  [/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, () => '⠿'],
];

const maskedRow = (row: string): string => masks.reduce((text, [found, replace]) => text.replace(found, replace), row).trimEnd();
/** What the header has room for hangs on the event lag and the Planner's time. */
const maskedHeader = (row: string): string =>
  maskedRow(row)
    .replace(/ {2}lag \S+| Decree |local\/repo|… \d+ queued/g, '')
    .replace(/ {2,}/g, '  ')
    .trimStart();

export const masked = (rows: readonly string[]): string =>
  `${rows.map((row, index) => (index === 0 ? maskedHeader(row) : maskedRow(row))).join('\n')}\n`;

/** What two screens are compared by: how long something took moves the columns beside it. */
const compared = (screen: string): string =>
  screen
    .replace(/~t( +~t)+/g, '~t')
    .replace(/ {2,}/g, '  ')
    .replace(/─{2,}/g, '──');

/** Whether two screens, times aside, say the same. */
export const alike = (one: string, other: string): boolean => compared(one) === compared(other);

const asText = (pty: Pty): string => masked(pty.screen());

/** Below each row of the body its colours, a letter for each, and at the end what the letters stand for. */
export function withColours(pty: Pty): string {
  const letters = new Map<string, string>();
  const letterOf = (colour: string): string => {
    const letter = letters.get(colour) ?? String.fromCharCode(97 + letters.size);
    letters.set(colour, letter);
    return letter;
  };
  const buffer = pty.buffer();
  const hex = (colour: number) => `#${colour.toString(16).padStart(6, '0')}`;
  const colourAt = (column: number, row: number): string => {
    const cell = buffer.getLine(buffer.baseY + row)?.getCell(column);
    if (!cell || cell.getChars().trim() === '') return ' ';
    if (cell.isFgDefault() && cell.isBgDefault()) return '.';
    const text = cell.isFgDefault() ? 'own' : hex(cell.getFgColor());
    return letterOf(cell.isBgDefault() ? text : `${text} on ${hex(cell.getBgColor())}`);
  };
  const rows = pty
    .screen()
    .slice(1, -2)
    .flatMap((text, index) => [
      maskedRow(text),
      Array.from({ length: pty.columns() }, (_, column) => colourAt(column, index + 1))
        .join('')
        .trimEnd(),
    ]);
  return `${[...rows, ...[...letters].map(([colour, letter]) => `${letter} ${colour}`)].join('\n')}\n`;
}

/** The screen is that of the file, now or soon. `look`: what of it is compared. */
export async function seeGolden(pty: Pty, name: string, ms = 45_000, look: (pty: Pty) => string = asText): Promise<void> {
  const rows = pty.screen();
  const columns = pty.columns();
  const file = join(directory, `${columns}x${rows.length}`, `${name}.txt`);
  if (updating) {
    await stands(pty);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, look(pty));
    return;
  }
  if (!existsSync(file)) throw new Error(`there is no ${file}: look at the screen, then run with UPDATE_GOLDEN=1\n${pty.text()}`);
  const wanted = readFileSync(file, 'utf8');
  // What was seen was seen: a clock or an event may have moved a row since.
  if (!(await changed(pty, () => alike(look(pty), wanted), ms))) expect(look(pty)).toBe(wanted);
}

/** Whether it held, at the latest after `ms`; resolves as soon as it does. */
function changed(pty: Pty, holds: () => boolean, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (held: boolean) => {
      off();
      clearTimeout(timer);
      resolve(held);
    };
    const timer = setTimeout(() => end(holds()), ms);
    const off = pty.onOutput(() => {
      if (holds()) end(true);
    });
    if (holds()) end(true);
  });
}

/** Resolves when the screen, times aside, stands still. */
export function stands(pty: Pty): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = masked(pty.screen());
    const end = () => {
      off();
      clearTimeout(most);
      resolve();
    };
    const never = () => {
      off();
      clearTimeout(timer);
      reject(new Error(`the screen never stands still:\n${last}\n${masked(pty.screen())}`));
    };
    const most = setTimeout(never, 10 * stillMs);
    let timer = setTimeout(end, stillMs);
    const off = pty.onOutput(() => {
      const now = masked(pty.screen());
      if (now === last && !/Fetching …|Reading …/.test(now)) return;
      last = now;
      clearTimeout(timer);
      timer = setTimeout(end, stillMs);
    });
  });
}
