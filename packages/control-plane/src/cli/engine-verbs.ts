import { DecreeError } from '@decree/contracts';
import { nearest } from '../config/nearest.ts';
import { examples, type Verbs } from './verbs.ts';

const stopPollMs = 200;

/** start (the default), attach, init, doctor, stop. */
export function addEngineVerbs({ program, does, options, outcome }: Verbs): void {
  program
    .command('start [args...]', { isDefault: true })
    .description('start the engine here (the default) and show it: watch, dispatch, and serve the other verbs, until stopped')
    .option('--headless', 'print one line for each thing that happens, instead of showing the screen')
    .option('--read-only', 'show everything and change nothing from this screen')
    .addHelpText(
      'after',
      examples(
        ['control-plane', 'start in this repository'],
        ['control-plane --repo ../widgets --headless', 'start in another one'],
        ['control-plane --demo', 'try every key over a small project of ours, with nothing at stake'],
      ),
    )
    .action(
      does(
        async ({ place }, args: string[], { headless = false, readOnly = false }: { headless?: boolean; readOnly?: boolean }) => {
          const [unknown] = args;
          if (unknown !== undefined) {
            const guess = nearest(
              unknown,
              program.commands.map((command) => command.name()),
            );
            throw new DecreeError(
              'invalid',
              `there is no verb "${unknown}"${guess ? `; did you mean ${guess}?` : ''} (control-plane --help lists them)`,
            );
          }
          await options.start({ ...place, headless, readOnly });
        },
      ),
    );

  program
    .command('attach')
    .description('show the screen over the engine that runs here; leaving it leaves the engine running')
    .option('--read-only', 'show everything and change nothing from this screen')
    .addHelpText('after', examples(['control-plane attach', 'a second screen, beside --headless or another one']))
    .action(does(({ place }, { readOnly = false }: { readOnly?: boolean }) => options.attach({ ...place, readOnly })));

  program
    .command('init')
    .description('prepare this repository: config, agent definitions, gh.sh, .gitignore; nothing that exists is overwritten')
    .addHelpText('after', examples(['control-plane init', 'then commit what it names']))
    .action(
      does(async ({ place, print }) => {
        const report = await options.init(place);
        await print(report, () => {
          const lines = report.steps
            .map(({ action, path, note }) => `${action.padEnd(7)}  ${path}${note ? `  (${note})` : ''}\n`)
            .join('');
          const next =
            report.commit.length > 0
              ? `\nCommit it on the default branch; only what is committed there counts:\n  git add ${report.commit.join(' ')}\n  git commit -m "Prepare the repository for Decree"\n`
              : '\nNothing to do: it is prepared.\n';
          return lines + next;
        });
      }),
    );

  program
    .command('doctor')
    .description('say what is missing here, and how to mend it; exit 1 when something needed is')
    .addHelpText(
      'after',
      examples(
        ['control-plane doctor', 'check this repository and machine'],
        ['control-plane doctor --json', 'the same for a program'],
      ),
    )
    .action(
      does(async ({ place, print, paint }) => {
        const checks = await options.doctor(place);
        if (checks.some(({ state }) => state === 'fail')) outcome.exitCode = 1;
        const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
        await print({ ok: outcome.exitCode === 0, checks }, () => {
          const width = Math.max(...checks.map(({ name }) => name.length));
          return checks
            .map(({ name, state, found, mend }) => {
              const line = `${paint(colours[state], state.padEnd(4))}  ${name.padEnd(width)}  ${found}\n`;
              return state === 'ok' || !mend ? line : `${line}${' '.repeat(width + 8)}→ ${mend}\n`;
            })
            .join('');
        });
      }),
    );

  program
    .command('stop')
    .description('stop the running engine: sensors first, then agents are waited for, then canceled')
    .option('--wait', 'return when it has stopped')
    .addHelpText('after', examples(['control-plane stop --wait', 'stop, and wait for it']))
    .action(
      does(async ({ command, engine, clock, io }, { wait = false }: { wait?: boolean }) => {
        await command('engine.stop', {});
        while (wait && !io.signal.aborted) {
          const gone = await (await engine()).query('health', {}).then(
            () => false,
            (error: unknown) => {
              if (error instanceof DecreeError && error.code === 'unavailable') return true;
              throw error;
            },
          );
          if (gone) return;
          await clock.sleep(stopPollMs, { signal: io.signal });
        }
      }),
    );
}
