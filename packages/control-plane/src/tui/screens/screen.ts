import type { OutputReader } from '../store/output.ts';
import type { DetailTab, TuiState, View } from '../store/state.ts';
import type { Line } from '../text/line.ts';

/** One row of a list. Two rows never have the same identity. */
export interface Row {
  readonly identity: string;
  /** Cut to the pane's width when it is painted; may be longer. */
  readonly line: Line;
  /** The whole row in words, for screen readers: no icons, no columns. */
  readonly spoken: string;
  /** Where its link leads; null where there is none. */
  readonly url: string | null;
}

/** Rows under a heading. `total` counts what the filter hides too, for `(V/N)`. */
export interface Section {
  readonly title: string | null;
  readonly rows: readonly Row[];
  readonly total: number;
  /** Said where there is no row, with what to do about it. */
  readonly empty: string;
}

/** How wide and how tall the pane is, in columns and rows. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A text to scroll in. `lineAt` is asked only for what is on the screen. */
export interface DetailText {
  /** Identifies the text: its place is remembered by it. */
  readonly key: string;
  readonly title: string;
  readonly length: number;
  lineAt(index: number): Line;
  /** Whether it grows at its end, so that following it makes sense. */
  readonly live: boolean;
  /** It is looked at from its end, as a live one is, until somebody scrolls it. */
  readonly fromEnd?: boolean;
  /** Number of the first line; 0 where none is given. A place in the text is kept by numbers, so that lines may go and come before it. */
  readonly first?: number;
  /** The session whose earlier words are to be read when the first line is scrolled to. */
  readonly earlier?: string | null;
  /** What opens and closes on a line: a tool call, a file; null where nothing does. */
  foldAt?(index: number): string | null;
  /** Indexes of lines that say something went wrong, in order. */
  errors?(): readonly number[];
}

/** A list with its detail. Pure: what it shows depends on the state alone, and the same state gives the same objects. */
export interface Screen {
  readonly view: View;
  readonly title: string;
  /** Which tabs there are for what is selected, the one for `auto` first. */
  tabs(state: TuiState, identity: string | null): readonly Exclude<DetailTab, 'auto'>[];
  sections(state: TuiState, columns: number): readonly Section[];
  detail(state: TuiState, identity: string | null, size: Size, outputs: OutputReader): DetailText;
}
