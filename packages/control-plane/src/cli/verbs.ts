import type { Command } from 'commander';
import type { Context, Outcome, ProgramOptions } from './context.ts';

/** How a group of verbs is declared: its commands, each with what it does. */
export interface Verbs {
  program: Command;
  /** Wraps what a verb does: it gets the context first, then its arguments, then its options. */
  does<A extends unknown[]>(action: (context: Context, ...args: A) => Promise<void>): (...args: unknown[]) => Promise<void>;
  options: ProgramOptions;
  outcome: Outcome;
}

/** `Examples:` for the end of a help text. */
export function examples(...lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, what]) => `  ${line.padEnd(width)}  ${what}\n`).join('')}`;
}
