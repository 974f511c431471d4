import { views } from '../store/state.ts';
import type { Scope, TuiCommand } from './command.ts';
import { parseKey } from './key-name.ts';

export interface Keymap {
  /** With the keys that they have here, in the order of the guide. */
  readonly commands: readonly TuiCommand[];
  /** The command that a key stands for where the person is; null: none. */
  find(key: string, at: { readonly view: string; readonly focus: 'list' | 'detail' }): TuiCommand | null;
  byId(id: string): TuiCommand | null;
}

/** The first key of a command, for texts that name it; null: it has none. */
export type KeyOf = (commandId: string) => string | null;

/** By command id: the keys instead of the default ones; an empty list takes them away. */
export type KeyOverrides = Readonly<Record<string, string | readonly string[]>>;

/** What is wrong with the keys in the config: all of it at once, each as `key: expected …, found …`. */
export class KeymapError extends Error {
  override readonly name = 'KeymapError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the keys in the config cannot be used: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** Prompts answer to these alone whatever the keymap says, and a person has to be able to leave. */
const alwaysBound: Readonly<Record<string, string>> = { 'ctrl+c': 'terminal.quit' };

/**
 * The commands with the config's keys. `nearest` finds what an unknown id was meant to be. Throws a KeymapError for an unknown
 * command, a key that cannot be typed, and a key that would mean two things in one place.
 */
export function resolveKeymap(
  commands: readonly TuiCommand[],
  overrides: KeyOverrides = {},
  nearest: (written: string, candidates: readonly string[]) => string | null = () => null,
): Keymap {
  const problems: string[] = [];
  const ids = commands.map(({ id }) => id);
  for (const id of Object.keys(overrides)) {
    if (ids.includes(id)) continue;
    const meant = nearest(id, ids);
    problems.push(
      `tui.keys.${id}: expected the name of a command${meant ? ` (did you mean ${meant}?)` : ''}, found no such command`,
    );
  }
  const bound = commands.map((command): TuiCommand => {
    const given = Object.hasOwn(overrides, command.id) ? overrides[command.id] : undefined;
    const keys = given === undefined ? command.keys : typeof given === 'string' ? [given] : given;
    return { ...command, keys: keys.flatMap((written) => keyOr(problems, command.id, written)) };
  });
  problems.push(...conflicts(bound));
  for (const [key, id] of Object.entries(alwaysBound)) {
    if (ids.includes(id) && !bound.find((command) => command.id === id)?.keys.includes(key))
      problems.push(`tui.keys.${id}: expected ${key} among its keys, with which everybody can leave, found none`);
  }
  if (problems.length > 0) throw new KeymapError(problems);

  const byKey = new Map<string, TuiCommand[]>();
  for (const command of bound) for (const key of command.keys) byKey.set(key, [...(byKey.get(key) ?? []), command]);
  return {
    commands: bound,
    find: (key, at) => byKey.get(key)?.find(({ scope }) => worksAt(scope, at)) ?? null,
    byId: (id) => bound.find((command) => command.id === id) ?? null,
  };
}

function keyOr(problems: string[], id: string, written: string): string[] {
  const parsed = parseKey(written);
  if ('key' in parsed) return [parsed.key];
  problems.push(`tui.keys.${id}: ${parsed.problem}`);
  return [];
}

function* conflicts(commands: readonly TuiCommand[]): Generator<string> {
  for (const [index, first] of commands.entries())
    for (const second of commands.slice(index + 1)) {
      if (!overlap(first.scope, second.scope)) continue;
      for (const key of first.keys)
        if (second.keys.includes(key)) yield `tui.keys: expected one meaning for ${key}, found ${first.id} and ${second.id}`;
    }
  for (const { id, keys } of commands)
    for (const key of new Set(keys.filter((each, index) => keys.indexOf(each) !== index)))
      yield `tui.keys.${id}: expected each key once, found ${key} twice`;
}

const isPane = (scope: Scope): boolean => scope === 'list' || scope === 'detail';
const isView = (scope: Scope): boolean => (views as readonly string[]).includes(scope);

/** Whether there is a place where both work. Two panes never have the focus at once, and two views are never shown at once. */
export function overlap(first: Scope, second: Scope): boolean {
  if (first === second || first === 'everywhere' || second === 'everywhere') return true;
  return !(isPane(first) && isPane(second)) && !(isView(first) && isView(second));
}

export const worksAt = (scope: Scope, { view, focus }: { readonly view: string; readonly focus: string }): boolean =>
  scope === 'everywhere' || scope === view || scope === focus;
