/** What a file in this folder exports as `command`. */
export interface Command {
  name: string;
  summary: string;
  run(text: string, options: readonly string[]): string;
}
