import type { Approval, PullSighting, Repository, Run, Task } from '@decree/contracts';
import type { OutputReader } from '../../store/output.ts';
import type { Fetched, TuiState } from '../../store/state.ts';
import { blank, type Line } from '../../text/line.ts';
import { paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import type { Layouts } from './output.ts';

/** What a detail is about: a task with the run that is looked at. Either may be unknown. */
export interface Subject {
  readonly task: Task | null;
  readonly run: Run | null;
  readonly approval: Approval | null;
  readonly pulls: readonly PullSighting[];
  readonly planFailure: NonNullable<Repository['planFailure']> | null;
}

/** Where and for whom a detail is made. */
export interface DetailAt {
  /** `<view>:<identity>:<tab>`. */
  readonly key: string;
  readonly columns: number;
  /** Keys of what is open in it. */
  readonly open: ReadonlySet<string>;
  readonly outputs: OutputReader;
  readonly layouts: Layouts;
}

/** Makes one tab's text. */
export type TabText = (state: TuiState, subject: Subject, at: DetailAt) => DetailText;

const nothingOpen: ReadonlySet<string> = new Set();

/** What a person opened in the text of this key. */
export const openIn = (state: TuiState, key: string): ReadonlySet<string> => state.texts[key]?.open ?? nothingOpen;

/** Midnight of the person's day: what shows dates changes with it and not with every second. */
export const dayStart = (nowMs: number): number => new Date(nowMs).setHours(0, 0, 0, 0);

/** What is to be said where something fetched is not there, or not as fresh as it should be; nothing when all is well. */
export function fetchedNote(fetched: Fetched<unknown> | undefined, what: string, columns: number): readonly Line[] {
  const there = fetched?.value !== undefined && fetched.value !== null;
  if (!fetched || (fetched.status === 'loading' && !there)) return paragraph(`Fetching ${what} …`, columns, 'dim');
  if (fetched.status === 'failed') {
    const said = `${capital(what)} could not be fetched: ${fetched.message ?? 'no reason was given'}.`;
    return [...paragraph(there ? `${said} Shown as it was before.` : said, columns, 'warning'), blank];
  }
  return fetched.value === null ? paragraph(`There is no ${what.replace(/^the /u, '')}.`, columns, 'dim') : [];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
