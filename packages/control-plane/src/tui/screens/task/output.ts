import { isLive, type Run } from '@decree/contracts';
import { memoLast } from '../../model/memo.ts';
import { runName } from '../../model/run-words.ts';
import type { SessionOutput } from '../../store/output.ts';
import { createTranscript, type Transcript, type TranscriptLines } from '../../text/transcript.ts';
import { detailText, paragraph } from '../detail-text.ts';
import type { DetailText } from '../screen.ts';
import { openIn, type TabText } from './subject.ts';

/** How many sessions stay laid out: going back and forth between a few tasks costs nothing. */
const keptLayouts = 5;

/** The layouts of one terminal, by session: those that were looked at last. */
export type Layouts = (sessionId: string) => Transcript;

export function createLayouts(): Layouts {
  const layouts = new Map<string, Transcript>();
  return (sessionId) => {
    const layout = layouts.get(sessionId) ?? createTranscript();
    layouts.delete(sessionId);
    layouts.set(sessionId, layout);
    const [oldest] = layouts.keys();
    if (layouts.size > keptLayouts && oldest !== undefined) layouts.delete(oldest);
    return layout;
  };
}

const shown = memoLast(
  ([key, title, lines, live, earlier]: [string, string, TranscriptLines, boolean, string | null]): DetailText => ({
    ...{ key, title, live, fromEnd: true, length: lines.length, first: lines.first, earlier },
    lineAt: (index) => lines.lineAt(index),
    foldAt: (index) => lines.foldAt(index),
    errors: () => lines.errors(),
  }),
);

const instead = memoLast(
  ([key, title, said, columns, live]: [string, string, string, number, boolean]): DetailText =>
    detailText({ key, title, lines: paragraph(said, columns, 'dim'), live }),
);

/** What the agent says and does, as it comes. */
export const outputTab: TabText = (state, { run }, { key, columns, outputs, layouts }) => {
  if (!run) return instead(key, 'Output', 'No agent has worked on this yet.', columns, false);
  const output = run.sessionId === null ? undefined : outputs(run.sessionId);
  const title = titleOf(run, output);
  const live = isLive(run) && output?.ended !== true;
  if (run.sessionId === null || !output || output.entries.length === 0)
    return instead(key, title, nothingYet(run, output), columns, live);
  const earlier = output.earlier === 'some' ? run.sessionId : null;
  return shown(key, title, layouts(run.sessionId).lines(output, columns, openIn(state, key)), live, earlier);
};

function titleOf(run: Run, output: SessionOutput | undefined): string {
  const trouble = output?.message && output.entries.length > 0 ? ` · cannot be read on: ${output.message}` : '';
  return `${runName(run)}${run.model ? ` · ${run.model}` : ''}${trouble}`;
}

function nothingYet(run: Run, output: SessionOutput | undefined): string {
  if (output?.message) return `What it says cannot be read: ${output.message}.`;
  if (run.sessionId !== null) {
    // Before the first page has come nobody knows whether it said something.
    if (!output || output.version === 0) return 'Reading …';
    return output.ended ? 'It said nothing.' : 'It has not said anything yet.';
  }
  if (run.state === 'queued') return 'It is queued: it begins as soon as there is room for it.';
  return isLive(run) ? 'Its workspace is being made.' : 'It ended before it began a session.';
}
