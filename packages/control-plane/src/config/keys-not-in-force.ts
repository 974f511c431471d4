/**
 * Keys that the design foresees and this version does not act on, each with what there is instead. One that is set is refused:
 * a limit that nobody keeps is worse than none.
 */
export const keysNotInForce = {
  'repositories.0.github': 'work on GitHub itself is not there yet; without it the work is on the local forge',
  data: 'name the state directory with --data or DECREE_DATA',
  'budgets.perRunUsd': 'nothing stops a run by its cost yet; agents.maxDurationSeconds bounds its time',
  'budgets.perTaskUsd': 'nothing stops a task by its cost yet; `control-plane runs` shows what its runs cost',
  'budgets.perDayUsd': 'nothing stops by the day’s cost yet; concurrency.agents bounds how much works at once',
  checks: 'no program is run before a pull request; let the agent’s definition ask for them, or the forge’s checks',
  hosts: 'there is no sandbox yet, so no host is kept from agents',
  dependencies: 'dependencies hold no dispatch back; dispatch what is free',
  'api.port': 'the door is its Unix socket only',
  'api.allowedOrigins': 'the door is its Unix socket only, which no web page reaches',
} as const satisfies Record<string, string>;
