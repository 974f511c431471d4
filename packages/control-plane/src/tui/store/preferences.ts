import { describeIssues } from '@decree/contracts';
import { z } from 'zod';
import { type ListPlace, type TuiState, themeChoices, type View, views } from './state.ts';

const Preferences = z.object({
  version: z.literal(1),
  theme: z.enum(themeChoices).default('auto'),
  filters: z.partialRecord(z.enum(views), z.string().max(500)).default({}),
});
/** What outlives the terminal. */
export type Preferences = z.infer<typeof Preferences>;

/** Where preferences are kept; the caller knows the file. `read` gives undefined where there is none. */
export interface PreferencesKeeper {
  read(): unknown;
  write(value: Preferences): void;
}

export interface ReadPreferences {
  readonly preferences: Preferences;
  /** Why the defaults are used instead of what was kept; null when they are not. */
  readonly problem: string | null;
}

/** What was kept, or the defaults with the reason why: a broken file keeps nobody from working. */
export function readPreferences(keeper: PreferencesKeeper | undefined): ReadPreferences {
  const defaults = Preferences.parse({ version: 1 });
  if (!keeper) return { preferences: defaults, problem: null };
  try {
    const kept = keeper.read();
    if (kept === undefined || kept === null) return { preferences: defaults, problem: null };
    const parsed = Preferences.safeParse(kept);
    if (parsed.success) return { preferences: parsed.data, problem: null };
    return { preferences: defaults, problem: `the kept preferences cannot be used: ${describeIssues(parsed.error)}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { preferences: defaults, problem: `the kept preferences cannot be read: ${reason}` };
  }
}

/** A state with what was kept in it. */
export function withPreferences(state: TuiState, { theme, filters }: Preferences): TuiState {
  const lists = Object.fromEntries(
    views.map((name): [View, ListPlace] => [name, { ...state.lists[name], filter: filters[name] ?? '' }]),
  ) as Record<View, ListPlace>;
  return { ...state, theme, lists };
}

/** What is worth keeping of a state. */
export function preferencesOf({ theme, lists }: TuiState): Preferences {
  const filters = Object.fromEntries(
    views.flatMap((name) => (lists[name].filter ? [[name, lists[name].filter.slice(0, 500)]] : [])),
  );
  return { version: 1, theme, filters };
}
