/** What the engine tells an agent about its run: the JSON block marked `decree-context` in the prompt. The one place that knows its form. */
export interface RunContext {
  role: 'planner' | 'implementor' | 'reviewer';
  /** `owner/name` */
  repository: string;
  issue?: { number: number; title: string; body: string; labels: string[] };
  branch?: string;
  baseBranch?: string;
  pull?: {
    number: number;
    head: string;
    files?: { path: string; patch?: string }[];
    reviews?: { state?: string; body: string; author?: string }[];
    comments?: { body: string; path?: string; author?: string }[];
    failedChecks?: unknown[];
  };
  specs?: { path: string; content: string; diff?: string }[];
  openTaskIssues?: { number: number; title: string; labels: string[]; body: string }[];
  attempt?: number;
  /** Set when the session was interrupted and could not be resumed natively. */
  resumed?: string;
}

const roles = ['planner', 'implementor', 'reviewer'];

/** The context in a prompt, or undefined when it holds none (or one that is damaged or of an unknown role). */
export function parseRunPrompt(prompt: string): RunContext | undefined {
  // The fence may be longer than three backticks, because issue bodies hold fences of their own.
  const json = /^(`{3,})decree-context[^\n]*\n([\s\S]*?)\n\1`*[ \t]*$/m.exec(prompt)?.[2];
  if (json === undefined) return undefined;
  let context: RunContext;
  try {
    context = JSON.parse(json) as RunContext;
  } catch {
    return undefined;
  }
  return roles.includes(context.role) && typeof context.repository === 'string' ? context : undefined;
}
