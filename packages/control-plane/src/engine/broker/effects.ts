import type { Effect, EffectTarget, Event } from '@decree/contracts';
import { type Guard, GuardFailed, type Ledger } from '../ledger/port.ts';
import type { About, RecordEvent } from '../record.ts';

/** An answer from outside: its HTTP status, and the API path that shows the result. */
export interface Answer {
  status: number;
  location: string | null;
}

export interface EffectRequest<A extends Answer> {
  /** The same key is the same effect: it is done once. */
  key: string;
  kind: string;
  actionHash: string;
  summary: string;
  /** On what it is done, so that it is found again without its answer. */
  target: EffectTarget;
  about: About;
  /** Consumed by the intent: whoever comes second has none. */
  grantId: string | null;
  /**
   * Whether it happened although its answer was lost (the engine died in between): looked up on the forge by the mark of
   * this key. Null: it did not. Left out where doing it again changes nothing.
   */
  find?: () => Promise<A | null>;
  act: () => Promise<A>;
  /** What else became true by it; written with its end. */
  alongside?: (answer: A) => Event[];
}

/** Done now, or before: then only where its result stands is known. */
export type Done<A extends Answer> = { repeated: false; answer: A } | { repeated: true; effect: Effect };

/** The mark by which an effect is found again on the forge. Invisible to readers of rendered Markdown. */
export const markOf = (key: string): string => `<!-- decree:${key} -->`;
/** The key that a text carries as its mark. Anyone may have written it there. */
export const markedKey = (body: string): string | null => /<!-- decree:(\S+) -->/.exec(body)?.[1] ?? null;
export const withMark = (body: string, key: string): string => (body.includes(markOf(key)) ? body : `${body}\n\n${markOf(key)}`);

/**
 * Things done outside, exactly once whatever dies in between: the intent is durable before the effect, the answer after it.
 * An intent without an answer is looked up on the forge before anything is done again.
 */
export interface Effects {
  perform<A extends Answer>(request: EffectRequest<A>): Promise<Done<A>>;
}

/** `onDone` is told the kind of what was done outside, once it is recorded. */
export function createEffects(ledger: Ledger, record: RecordEvent, onDone: (kind: string) => void): Effects {
  const underway = new Map<string, Promise<unknown>>();

  async function perform<A extends Answer>(request: EffectRequest<A>): Promise<Done<A>> {
    const known = await ledger.get('effects', request.key);
    if (known?.state === 'finished') return { repeated: true, effect: known };
    let answer = known?.state === 'started' ? ((await request.find?.()) ?? null) : null;
    if (!answer) {
      if (known?.state !== 'started') await intend(request, known?.state === 'refused');
      answer = await request.act();
    }
    const refused = answer.status >= 400;
    const { status, location } = answer;
    const finished = record('system.effect_finished', { key: request.key, status, location, refused }, request.about);
    await ledger.commit({ events: [finished, ...(refused ? [] : (request.alongside?.(answer) ?? []))] });
    if (!refused) onDone(request.kind);
    return { repeated: false, answer };
  }

  /** One that the forge refused did nothing, so it may begin again. */
  async function intend<A extends Answer>(request: EffectRequest<A>, again: boolean): Promise<void> {
    const { key, kind, actionHash, grantId, target, summary } = request;
    const guards: Guard[] = again ? [] : [{ type: 'effect_new', key }];
    await ledger.commit({
      events: [record('system.effect_started', { key, kind, actionHash, grantId, target, summary }, request.about)],
      guards,
    });
  }

  return {
    async perform(request) {
      // The same effect asked for twice at once: the second waits and finds it done.
      for (let other = underway.get(request.key); other; other = underway.get(request.key)) await other.catch(() => undefined);
      const turn = perform(request);
      underway.set(request.key, turn);
      try {
        return await turn;
      } catch (error) {
        if (error instanceof GuardFailed) return await perform(request);
        throw error;
      } finally {
        underway.delete(request.key);
      }
    },
  };
}
