import { type CommandInput, type CommandType, DecreeError, type Engine } from '@decree/contracts';
import type { StoreApi } from 'zustand/vanilla';
import type { Clock, Logger, Random } from '../../engine/system/index.ts';
import type { Abilities, Motion } from '../keymap/command.ts';
import { withShortNames } from '../model/format.ts';
import { withNotice } from '../store/notices.ts';
import type { Notice, TuiState } from '../store/state.ts';

/** What the machine does for the person; each may fail, and says so by throwing. */
export interface TerminalAbilities {
  /** Opens a link with the person's own program. */
  openUrl(url: string): Promise<void> | void;
  copy(text: string): void;
  /** Hands the terminal to `$EDITOR`; null when the text was left empty. */
  edit(text: string, name: string): Promise<string | null>;
  suspend(): Promise<void> | void;
  redraw(): Promise<void> | void;
  quit(): void;
}

export interface AbilitiesOptions {
  engine: Engine;
  store: StoreApi<TuiState>;
  terminal: TerminalAbilities;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Who acts, as the engine records it. */
  user: string;
  /** Moves in what is on the screen. */
  go(motion: Motion): void;
  /** Asks anew for what is shown. */
  refresh(): void;
  detailText(): string;
}

export interface RunningAbilities extends Abilities {
  /** Resolves when no command waits for its answer. */
  settled(): Promise<void>;
}

/** What commands may do, over an engine. Everything asked is seen in the footer, and so is what became of it. */
export function createAbilities(options: AbilitiesOptions): RunningAbilities {
  const { engine, store, terminal, clock, random, log } = options;
  const asked = new Map<string, Promise<void>>();

  const set: Abilities['set'] = (change) => store.setState((state) => change(state));
  const notice = (tone: Notice['tone'], text: string) => set((state) => withNotice(state, tone, text, clock.nowMs()));
  const attempt = async (what: string, act: () => Promise<void> | void) => {
    try {
      await act();
    } catch (error) {
      notice('bad', `${what}: ${messageOf(error)}`);
    }
  };

  async function ask<T extends CommandType>(label: string, type: T, input: CommandInput<T>): Promise<void> {
    set((state) => ({ ...state, pending: [...state.pending, label] }));
    try {
      const command = { id: random.uuidv7(), type, actor: { type: 'user', id: options.user }, input };
      const result = await engine.execute(command as Parameters<Engine['execute']>[0]);
      notice('good', withShortNames(result.message));
    } catch (error) {
      if (!(error instanceof DecreeError)) log.error({ err: error, type }, 'a command of the terminal failed');
      // An engine that cannot be reached may have done it all the same: the next events say.
      const unsure = error instanceof DecreeError && error.code === 'unavailable';
      notice(unsure ? 'warning' : 'bad', `${label}: ${messageOf(error)}`);
    } finally {
      set((state) => ({ ...state, pending: without(state.pending, label) }));
    }
  }

  return {
    set,
    notice,
    go: options.go,
    refresh: options.refresh,
    detailText: options.detailText,
    open: (overlay) => set((state) => ({ ...state, overlay })),
    execute(label, type, input) {
      // A held key, or an impatient second one, is the same wish: it is asked once until it is answered.
      const wish = `${type} ${targetIn(input)}`;
      if (asked.has(wish)) {
        notice('info', `${label}: asked already, the engine has not answered yet`);
        return;
      }
      const answer = ask(label, type, input).finally(() => asked.delete(wish));
      asked.set(wish, answer);
    },
    openUrl(url) {
      void attempt('the link cannot be opened', async () => {
        if (!/^https?:\/\//i.test(url)) throw new Error(`expected a link that begins with http, got ${url.slice(0, 80)}`);
        await terminal.openUrl(url);
        notice('info', `opened ${url}`);
      });
    },
    copy: (text, said) =>
      void attempt('it cannot be copied', () => {
        terminal.copy(text);
        notice('good', said);
      }),
    async edit(text, name) {
      try {
        return await terminal.edit(text, name);
      } catch (error) {
        notice('bad', `the editor failed: ${messageOf(error)}`);
        return null;
      }
    },
    suspend: () => void attempt('it cannot be suspended', terminal.suspend),
    redraw: () => void attempt('it cannot be drawn anew', terminal.redraw),
    quit: () => terminal.quit(),
    async settled() {
      await Promise.allSettled(asked.values());
    },
  };
}

const messageOf = (error: unknown): string => withShortNames(error instanceof Error ? error.message : String(error));

/** What a command is about. Two comments on one task are two wishes, two dispatches of it are one. */
function targetIn(input: object): string {
  const { task, role, runId, approvalId, branch, ...rest } = input as Record<string, unknown>;
  const about = task ?? runId ?? approvalId ?? branch;
  const said = Object.entries(rest).filter(
    ([name]) => name === 'body' || name === 'text' || name === 'add' || name === 'remove' || name === 'title',
  );
  return JSON.stringify([about ?? null, role ?? null, said]);
}

function without(list: readonly string[], label: string): readonly string[] {
  const at = list.indexOf(label);
  return at < 0 ? list : list.toSpliced(at, 1);
}
