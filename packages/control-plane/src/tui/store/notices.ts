import type { Notice, TuiState } from './state.ts';

const mostNotices = 50;
/** A notice is on the screen for so long, when nothing else is to be said. */
export const noticeMs = 8_000;

/** A state with something said to the person. The same said twice in a row is said once, with the newer time. */
export function withNotice(state: TuiState, tone: Notice['tone'], text: string, atMs: number): TuiState {
  const last = state.notices.at(-1);
  const oneLine = text.replace(/\s+/g, ' ').trim();
  if (last?.text === oneLine && last.tone === tone)
    return { ...state, notices: [...state.notices.slice(0, -1), { ...last, atMs }] };
  const notice: Notice = { id: (last?.id ?? 0) + 1, tone, text: oneLine, atMs };
  return { ...state, notices: [...state.notices.slice(1 - mostNotices), notice] };
}
