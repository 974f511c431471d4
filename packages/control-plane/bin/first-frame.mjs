// The first frame, before anything heavy is loaded: most of a start is the loading of modules, and a person sees that it began.

import { whenSuspended } from '../src/engine/system/terminal.ts';
import { drawLoading, leaveLoading } from '../src/tui/loading.ts';
import { readCapabilities } from '../src/tui/terminal/capabilities.ts';

/** Options of what shows the screen, and how many words belong to each. What else is said may be about something else. */
const known = new Map([
  ['--repo', 2],
  ['--data', 2],
  ['--read-only', 1],
]);
/** What is said first by what shows the screen. */
const sayings = { start: 'starting the engine …', attach: 'reaching the engine …' };

/**
 * Draws it where the program is going to show its screen. It takes over, and gives the terminal back however it ends. Returns
 * what gives it back at once, for when the program cannot be loaded.
 */
export function drawFirstFrame(args) {
  const { stdin, stdout, env } = process;
  const leave = () => leaveLoading(stdout);
  const verb = verbWithScreen(args);
  if (!verb || readCapabilities({ env, input: stdin.isTTY === true, output: stdout.isTTY === true }).refusal) return leave;
  process.once('exit', leave);
  // Until the program hears signals itself.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(130);
    });
  }
  const draw = () => drawLoading(stdout, sayings[verb]);
  whenSuspended(leave, draw);
  draw();
  return leave;
}

/** `start`, the default, or `attach`; null where anything else is asked for, or what is said is not understood here. */
function verbWithScreen(args) {
  let verb = null;
  for (let at = 0; at < args.length; ) {
    const word = args[at];
    if (verb === null && Object.hasOwn(sayings, word)) {
      verb = word;
      at += 1;
      continue;
    }
    const words = known.get(word);
    if (words === undefined || (words === 2 && (args[at + 1] ?? '-').startsWith('-'))) return null;
    at += words;
  }
  return verb ?? 'start';
}
