import type { Overlay } from '../store/state.ts';
import { editKey, insert } from './edit-line.ts';

/** What became of an overlay after a key. `next` is done once it stands so. */
export interface Answered {
  readonly overlay: Overlay | null;
  readonly next?: () => void;
}

export interface OverlaySurroundings {
  /** How many commands the palette's query finds. */
  found(query: string): number;
  /** Carries out the command at this place among those. */
  choose(query: string, index: number): void;
  /** How many lines the help has. */
  readonly helpLines: number;
  quit(): void;
}

const closed: Answered = { overlay: null };

/** What a key does to what lies over the screen. Nothing else hears it. */
export function answerKey(
  overlay: Overlay,
  { key, input }: { key: string; input: string },
  around: OverlaySurroundings,
): Answered {
  // As everywhere: out of what is open. Only the question whether to leave stays until it is answered.
  const pressed = key === 'ctrl+c' && overlay.kind !== 'quit' ? 'escape' : key;
  return answerTo(overlay, { key: pressed, input }, around);
}

function answerTo(overlay: Overlay, { key, input }: { key: string; input: string }, around: OverlaySurroundings): Answered {
  switch (overlay.kind) {
    case 'confirm':
      if (key === 'y') return { overlay: null, next: overlay.yes };
      return key === 'n' || key === 'escape' ? closed : { overlay };
    case 'quit':
      if (key === 'y') return { overlay: null, next: around.quit };
      return key === 'n' || key === 'escape' ? closed : { overlay };
    case 'input':
      if (key === 'escape') return { overlay: null, ...(overlay.cancel && { next: overlay.cancel }) };
      if (key !== 'enter') return edited(overlay, key, input);
      if (overlay.check(overlay.value) !== null) return { overlay };
      return { overlay: null, next: () => overlay.submit(overlay.value) };
    case 'palette':
      return inPalette(overlay, { key, input }, around);
    case 'help': {
      if (['escape', 'q', '?', 'enter'].includes(key)) return closed;
      const step = helpSteps[key];
      if (step === undefined) return { overlay };
      return { overlay: { ...overlay, top: Math.max(0, Math.min(overlay.top + step, around.helpLines - 1)) } };
    }
  }
}

const helpSteps: Readonly<Record<string, number>> = {
  ...{ j: 1, down: 1, k: -1, up: -1, 'page-down': 10, 'page-up': -10, 'ctrl+d': 5, 'ctrl+u': -5, space: 10 },
  ...{ g: Number.NEGATIVE_INFINITY, home: Number.NEGATIVE_INFINITY, G: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY },
};

/** What was pasted: text for a prompt, nothing for a question. `cut`: not all of it fitted. */
export function answerPaste(overlay: Overlay, text: string): Answered & { readonly cut: boolean } {
  if (overlay.kind === 'input') {
    const line = insert(overlay, text);
    return { ...changed(overlay, line.value, line.cursor), cut: line.cut };
  }
  if (overlay.kind === 'palette') {
    const line = insert({ value: overlay.query, cursor: overlay.cursor }, text.replace(/\s+/g, ' ').slice(0, 100));
    return { overlay: { ...overlay, query: line.value, cursor: line.cursor, index: 0 }, cut: line.cut };
  }
  return { overlay, cut: false };
}

type Input = Extract<Overlay, { kind: 'input' }>;
type Palette = Extract<Overlay, { kind: 'palette' }>;

function edited(overlay: Input, key: string, input: string): Answered {
  const line = editKey(overlay, key) ?? typed(overlay, key, input);
  return line ? changed(overlay, line.value, line.cursor) : { overlay };
}

function changed(overlay: Input, value: string, cursor: number): Answered {
  if (value === overlay.value) return { overlay: cursor === overlay.cursor ? overlay : { ...overlay, cursor } };
  const { change } = overlay;
  return { overlay: { ...overlay, value, cursor }, ...(change && { next: () => change(value) }) };
}

function inPalette(overlay: Palette, { key, input }: { key: string; input: string }, around: OverlaySurroundings): Answered {
  const { query, index } = overlay;
  const last = Math.max(0, around.found(query) - 1);
  if (key === 'escape') return closed;
  if (key === 'enter')
    return around.found(query) === 0 ? { overlay } : { overlay: null, next: () => around.choose(query, index) };
  const step = (
    { down: 1, 'ctrl+n': 1, tab: 1, up: -1, 'ctrl+p': -1, 'shift+tab': -1, 'page-down': 10, 'page-up': -10 } as Record<
      string,
      number
    >
  )[key];
  if (step !== undefined) return { overlay: { ...overlay, index: Math.max(0, Math.min(index + step, last)) } };
  const before = { value: query, cursor: overlay.cursor };
  const line = editKey(before, key) ?? typed(before, key, input);
  if (!line) return { overlay };
  return { overlay: { ...overlay, query: line.value, cursor: line.cursor, index: line.value === query ? index : 0 } };
}

/** A key that stands for itself; one with ctrl or alt, or a name, does not. */
function typed(line: { value: string; cursor: number }, key: string, input: string) {
  if (key === 'space') return insert(line, ' ');
  return key !== '' && input !== '' && key === input ? insert(line, input) : null;
}
