import type { TranscriptEntry } from '@decree/contracts';
import { blank, type Line } from './line.ts';
import { type Block, sayEarlier, showBlock } from './transcript-block.ts';

/** What is given of a session's output; the store's `SessionOutput` is one. */
export interface TranscriptSource {
  /** Number of the first entry; below 0 those that were read back from where reading began. */
  readonly first: number;
  /** What stands before it. */
  readonly earlier: 'none' | 'some' | 'reading' | 'not kept';
  readonly entries: readonly TranscriptEntry[];
}

/** A transcript laid out in lines, good until the next is asked for. A screen's `DetailText` needs a key, a title and `live` besides. */
export interface TranscriptLines {
  readonly length: number;
  lineAt(index: number): Line;
  foldAt(index: number): string | null;
  errors(): readonly number[];
  /** Number of the first line, counted from where the layout began: a line keeps its number whatever goes or comes before it. */
  readonly first: number;
}

export interface Transcript {
  /** The same object as long as nothing changed. */
  lines(source: TranscriptSource, columns: number, open: ReadonlySet<string>): TranscriptLines;
}

/** As many lines as are kept; the oldest go first, whole blocks at a time. */
export const mostTranscriptLines = 10_000;

/**
 * What one session says, as lines. It remembers what it has laid out: new entries cost what they are, an opened call costs itself,
 * and another width lays out again, from the end, no more than is kept.
 */
export function createTranscript(): Transcript {
  let layout = new Layout();
  let last: { source: TranscriptSource; columns: number; open: ReadonlySet<string>; lines: TranscriptLines } | null = null;
  return {
    lines(source, columns, open) {
      if (last && last.source === source && last.columns === columns && last.open === open) return last.lines;
      const end = layout.isBegunBy(source) ? layout.end : null;
      if (end !== null || !layout.continues(source)) layout = new Layout();
      layout.take(source);
      layout.lay(columns, open);
      // Read back: what was there already keeps its numbers.
      if (end !== null) layout.endAt(end);
      last = { source, columns, open, lines: layout.view() };
      return last.lines;
    },
  };
}

interface Laid extends Block {
  /** Null until it is laid out for this width. */
  lines: readonly Line[] | null;
  failedAt: number;
  /** Number of its first line, counted from where the layout began. */
  start: number;
}

class Layout {
  /** Blocks that are kept, oldest first; the serial of the first is `#firstSerial`. */
  #blocks: Laid[] = [];
  #firstSerial = 0;
  /** Serials by what opens them, and of the newest call by its id: a call that was put off comes again under the same. */
  readonly #serials = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  #from = 0;
  #seen = 0;
  #began = false;
  #earlier: TranscriptSource['earlier'] = 'none';
  #hasDropped = false;
  /** Lines of blocks that were dropped. */
  #gone = 0;
  #columns = 0;
  #open: ReadonlySet<string> = new Set();
  /** Serial of the first block whose place is not known any more. */
  #dirty = 0;

  /** False when it is another transcript, or entries between were never seen. */
  continues({ first, entries }: TranscriptSource): boolean {
    return !this.#began || (first <= this.#seen && first + entries.length >= this.#seen);
  }

  /** It is the same, with more before what is laid out. */
  isBegunBy(source: TranscriptSource): boolean {
    return this.#began && source.first < this.#from && this.continues(source);
  }

  take({ first, entries, earlier }: TranscriptSource): void {
    if (!this.#began) {
      this.#from = first;
      this.#seen = first;
    }
    this.#began = true;
    this.#earlier = earlier;
    for (let at = this.#seen - first; at < entries.length; at++) this.#add(entries[at] as TranscriptEntry, first + at);
    this.#seen = first + entries.length;
  }

  /** Number of the line after the last. */
  get end(): number {
    const last = this.#blocks.at(-1);
    return last === undefined ? this.#gone : endOf(last);
  }

  /** Numbers the lines anew, so that they end there. */
  endAt(end: number): void {
    this.#gone += end - this.end;
    this.#dirty = this.#firstSerial;
    this.#place();
  }

  lay(columns: number, open: ReadonlySet<string>): void {
    if (columns !== this.#columns) {
      for (const block of this.#blocks) block.lines = null;
      this.#dirty = this.#firstSerial;
    } else if (open !== this.#open) {
      for (const key of open) if (!this.#open.has(key)) this.#touchKey(key);
      for (const key of this.#open) if (!open.has(key)) this.#touchKey(key);
    }
    this.#columns = columns;
    this.#open = open;
    this.#layFromEnd();
    this.#place();
  }

  view(): TranscriptLines {
    const blocks = this.#blocks;
    const gone = blocks[0]?.start ?? this.#gone;
    const notice = sayEarlier(this.#hasDropped ? 'not kept' : this.#earlier);
    const before = notice === null ? 0 : 1;
    const end = this.end;
    let errors: readonly number[] | null = null;
    const blockOf = (index: number): Laid | undefined => blocks[find(blocks, index - before + gone)];
    return {
      length: end - gone + before,
      first: gone - before,
      lineAt(index) {
        if (index < before) return notice ?? blank;
        const block = blockOf(index);
        return block?.lines?.[index - before + gone - block.start] ?? blank;
      },
      foldAt: (index) => (index < before ? null : (blockOf(index)?.key ?? null)),
      errors() {
        errors ??= blocks.flatMap((block) => (block.failedAt < 0 ? [] : [block.start - gone + before + block.failedAt]));
        return errors;
      },
    };
  }

  #add(entry: TranscriptEntry, number: number): void {
    if (entry.kind === 'tool_completed' || entry.kind === 'decision') {
      const serial = this.#calls.get(entry.toolCallId);
      const call = serial === undefined ? undefined : this.#blocks[serial - this.#firstSerial];
      if (call !== undefined && serial !== undefined) {
        if (entry.kind === 'decision') call.decision = entry;
        else call.completed = entry;
        this.#touch(serial);
        return;
      }
    }
    const before = this.#blocks.at(-1);
    const agent = 'subagent' in entry ? (entry.subagent ?? null) : null;
    const usual = keyOf(entry, number);
    const key = usual !== null && this.#serials.has(usual) ? `${usual}#${number}` : usual;
    this.#blocks.push({
      ...{ entry, key, agent, completed: null, decision: null, lines: null, failedAt: -1, start: 0 },
      named: agent !== null && agent !== before?.agent,
      spaced: before !== undefined && (isProse(entry) || isProse(before.entry)),
    });
    const serial = this.#firstSerial + this.#blocks.length - 1;
    if (key !== null) this.#serials.set(key, serial);
    if (entry.kind === 'tool_requested') this.#calls.set(entry.toolCallId, serial);
  }

  #touchKey(key: string): void {
    const serial = this.#serials.get(key);
    if (serial !== undefined) this.#touch(serial);
  }

  #touch(serial: number): void {
    const block = this.#blocks[serial - this.#firstSerial];
    if (block === undefined) return;
    block.lines = null;
    this.#dirty = Math.min(this.#dirty, serial);
  }

  /** The newest first, and no more than is kept: what would be dropped at once is not laid out. */
  #layFromEnd(): void {
    let total = 0;
    let at = this.#blocks.length - 1;
    for (; at >= 0; at--) {
      const block = this.#blocks[at] as Laid;
      if (block.lines === null) {
        const { lines, failedAt } = showBlock(block, this.#columns, block.key !== null && this.#open.has(block.key));
        block.lines = lines;
        block.failedAt = failedAt;
      }
      total += block.lines.length;
      if (total > mostTranscriptLines && at < this.#blocks.length - 1) break;
    }
    if (at >= 0) this.#drop(at + 1);
  }

  #drop(count: number): void {
    this.#blocks.slice(0, count).forEach(({ key, lines, entry }, at) => {
      this.#gone += lines?.length ?? 0;
      if (key !== null) this.#serials.delete(key);
      const isCall = entry.kind === 'tool_requested' && this.#calls.get(entry.toolCallId) === this.#firstSerial + at;
      if (isCall) this.#calls.delete(entry.toolCallId);
    });
    this.#blocks = this.#blocks.slice(count);
    this.#firstSerial += count;
    this.#hasDropped = true;
    this.#dirty = Math.max(this.#dirty, this.#firstSerial);
  }

  #place(): void {
    for (let at = Math.max(0, this.#dirty - this.#firstSerial); at < this.#blocks.length; at++) {
      const before = this.#blocks[at - 1];
      (this.#blocks[at] as Laid).start = before === undefined ? this.#gone : endOf(before);
    }
    this.#dirty = this.#firstSerial + this.#blocks.length;
  }
}

const endOf = (block: Laid): number => block.start + (block.lines?.length ?? 0);

/** Index of the block that holds the line with this number. */
function find(blocks: readonly Laid[], number: number): number {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((blocks[middle] as Laid).start <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}

const isProse = (entry: TranscriptEntry): boolean => entry.kind === 'text' || entry.kind === 'told';

function keyOf(entry: TranscriptEntry, number: number): string | null {
  if (entry.kind === 'tool_requested' || entry.kind === 'tool_completed') return entry.toolCallId;
  return entry.kind === 'thinking' ? `thinking:${number}` : null;
}
