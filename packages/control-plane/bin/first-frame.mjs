// The first frame, before anything heavy is loaded: most of a start is the loading of modules, and a person sees that it began.

import { drawLoading, leaveLoading } from '../src/tui/loading.ts';
import { readCapabilities } from '../src/tui/terminal/capabilities.ts';

/** Options of a start that shows the screen, and how many words belong to each. What else is said may be about something else. */
const known = new Map([
  ['--repo', 2],
  ['--data', 2],
  ['--read-only', 1],
]);

/** Draws it where the program is going to show its screen. It takes over, and gives the terminal back however it ends. */
export function drawFirstFrame(args) {
  const { stdin, stdout, env } = process;
  if (!showsScreen(args) || readCapabilities({ env, input: stdin.isTTY === true, output: stdout.isTTY === true }).refusal) return;
  process.once('exit', () => leaveLoading(stdout));
  // Until the program hears signals itself.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(130);
    });
  }
  drawLoading(stdout, 'starting the engine …');
}

function showsScreen(args) {
  for (let at = 0; at < args.length; ) {
    const words = known.get(args[at]);
    if (words === undefined || (words === 2 && (args[at + 1] ?? '-').startsWith('-'))) return false;
    at += words;
  }
  return true;
}
