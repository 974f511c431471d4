import { extentOf, topOf } from '../actions/navigate.ts';
import { metersOf, standings } from '../model/meters.ts';
import type { TuiState } from '../store/state.ts';
import { textOf } from '../text/line.ts';
import type { Drawer } from './drawer.ts';
import type { Shown } from './frame.ts';

/** Rows of a text that are read out at most: a screen reader goes through all of them. */
const longest = 40;

/** The screen as sentences, top to bottom: for screen readers, without columns, icons or rules. */
export function spokenLines(state: TuiState, shown: Shown, drawer: Drawer | null): string[] {
  if (drawer) return [`${drawer.title}.`, ...drawer.lines.map(textOf).filter(hasText), `Keys: ${textOf(drawer.keys)}`];
  const { lists, view, connection, notices } = state;
  const lines = [`Decree, ${shown.screen.title}.`, ...standings(state).map(({ text }) => `${withoutSign(text)}.`)];
  if (connection.status !== 'loading') lines.push(countsIn(state));
  for (const section of shown.sections) {
    if (section.title) lines.push(`${section.title}: ${section.rows.length} of ${section.total}.`);
    if (section.rows.length === 0) lines.push(section.empty);
    for (const row of section.rows) lines.push(row.identity === lists[view].selected ? `Selected: ${row.spoken}` : row.spoken);
  }
  const { text, place } = shown;
  lines.push(`${text.title}.`);
  const extent = extentOf(text, 1);
  const from = extent.fromEnd && place.following ? Math.max(0, text.length - longest) : topOf(place, extent);
  for (let index = from; index < Math.min(text.length, from + longest); index++) lines.push(textOf(text.lineAt(index)));
  const notice = notices.at(-1);
  if (notice) lines.push(`Notice: ${notice.text}`);
  return lines.filter(hasText);
}

const withoutSign = (text: string): string => text.replace(/^[^\p{L}\p{N}]+/u, '');

/** What the header says, without what is nothing. */
function countsIn(state: TuiState): string {
  const { needsYou, running, waiting, queued, limit, costToday } = metersOf(state);
  const parts = [
    needsYou === 0 ? 'nothing needs you' : needsYou === 1 ? '1 needs you' : `${needsYou} need you`,
    `${running}${limit === null ? '' : ` of ${limit}`} running`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(queued > 0 ? [`${queued} queued`] : []),
    ...(costToday ? [`${costToday} today`] : []),
  ];
  return `Now: ${parts.join(', ')}.`;
}

const hasText = (text: string): boolean => text.trim() !== '';
