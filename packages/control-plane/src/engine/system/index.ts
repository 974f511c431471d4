import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import type { Random } from './random.ts';

export { type Clock, nextTurn, systemClock, timeoutSignal } from './clock.ts';
export { childEnv, type Env, processEnv } from './env.ts';
export { createLogger, type Logger } from './log.ts';
export { createOperations, type Operations } from './operations.ts';
export { exec, findByMark, killByMark } from './process.ts';
export { type Random, systemRandom } from './random.ts';
export { isLent, runInForeground, suspendByDefault, suspendProcess, whenSuspended, writeWithoutWaiting } from './terminal.ts';

/** Time, randomness and the log, handed to whoever needs them. */
export interface System {
  clock: Clock;
  random: Random;
  log: Logger;
  /** Takes secrets out of a text; everything that is stored passes here. */
  redact: (text: string) => string;
}
