import { Command } from 'commander';
import { addApprovalVerbs } from './approval-verbs.ts';
import { createContext, type Outcome, type ProgramOptions } from './context.ts';
import { addEngineVerbs } from './engine-verbs.ts';
import { addLedgerVerbs } from './ledger-verbs.ts';
import { addOperatorVerbs } from './operator-verbs.ts';
import { addRunVerbs } from './run-verbs.ts';
import { addTaskVerbs } from './task-verbs.ts';
import { examples, type Verbs } from './verbs.ts';

/** The command line, as a commander program that never ends the process by itself; `runCli` runs it. */
export function buildProgram(options: ProgramOptions, outcome: Outcome = { exitCode: 0, usage: '' }): Command {
  const { io } = options;
  const program = new Command('control-plane')
    .description(
      'The control plane for coding agents: watches issues and specs, dispatches agents, decides what they may do, records all of it.',
    )
    .version(options.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--repo <dir>', 'the repository (default: where you are)')
    .option('--data <dir>', 'the state directory (default: $DECREE_DATA, or one of its own below $XDG_STATE_HOME/decree)')
    .option('--json', 'print one JSON document (one per line when following)')
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.columns, 100) })
    .configureOutput({
      writeOut: (text) => void io.out(text),
      // runCli prints it, as JSON where JSON was asked for.
      writeErr: (text) => {
        outcome.usage += text;
      },
      getOutHasColors: () => io.colour,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      examples(
        ['control-plane --headless', 'start the engine here, print what happens'],
        ['control-plane init && control-plane doctor', 'prepare a repository, see what is missing'],
        ['control-plane dispatch 12', 'start an Implementor on issue #12'],
        ['control-plane approvals', 'what waits for you'],
        ['control-plane events --follow', 'what happens, as it happens'],
      ) +
        '\nExit codes: 0 done · 1 failed · 2 wrong usage · 3 does not fit now · 4 no such thing · 5 forbidden · 6 not reachable\n',
    );
  const verbs: Verbs = {
    program,
    options,
    outcome,
    does:
      (action) =>
      async (...args) => {
        const verb = args.at(-1) as Command;
        await action(createContext(options, verb), ...(args.slice(0, -1) as never));
      },
  };
  addEngineVerbs(verbs);
  addTaskVerbs(verbs);
  addRunVerbs(verbs);
  addApprovalVerbs(verbs);
  addOperatorVerbs(verbs);
  addLedgerVerbs(verbs);
  return program;
}
