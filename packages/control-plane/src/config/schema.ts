import { RepositoryId, roles } from '@decree/contracts';
import { z } from 'zod';
import { notifySchema, tuiSchema } from './schema-person.ts';

const daySeconds = 86_400;
/** A duration in whole seconds, up to the week that a timer holds for certain. */
const seconds = (fallback: number, smallest = 1) =>
  z
    .int()
    .min(smallest)
    .max(7 * daySeconds)
    .default(fallback);
const command = z.array(z.string().min(1)).min(1);
const dollars = z.number().positive();
/** A path below the repository: it cannot leave it. */
const insidePath = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..'),
    'a path inside the repository, without a leading / and without ..',
  );

const app = {
  appId: z
    .union([z.int().positive(), z.string().regex(/^\d+$/, 'a number, or a text of digits')])
    .describe('The GitHub App’s id.'),
  privateKeyPath: z.string().min(1).describe('Path of the App’s private key (PEM), relative to the repository or absolute.'),
  installationId: z.int().positive().describe('The installation of the App on this repository.'),
};

const githubSchema = z.strictObject({
  ...app,
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://api.github.com')
    .describe('Another server’s API, for GitHub Enterprise.'),
  writeSpacingSeconds: z.number().min(0).max(60).default(1).describe('Least time between two writes (GitHub asks for 1).'),
  createSpacingSeconds: z
    .number()
    .min(0)
    .max(60)
    .default(3)
    .describe('Least time between two issues, pull requests or reviews (GitHub asks for 3).'),
  reviewerApp: z.strictObject(app).optional().describe('A second App for the Reviewer, so that its verdict is a real review.'),
});

const repositorySchema = z.strictObject({
  id: RepositoryId.optional().describe('`owner/name`. Left out: `local/` and the directory’s name.'),
  defaultBranch: z.string().min(1).max(255).optional().describe('Left out: the branch that the forge, or `origin/HEAD`, names.'),
  github: githubSchema.optional().describe('GitHub App credentials. Left out: the local forge, which touches no remote.'),
});

const agent = (name: string) =>
  z
    .strictObject({
      definition: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a file name without .md')
        .default(name)
        .describe(`Name of the definition, \`.claude/agents/<name>.md\`.`),
      adapter: z.string().min(1).default('claude').describe('`claude`, or a name in `agents.adapters`.'),
      model: z.string().min(1).optional().describe('Left out: the definition’s own (Implementor: `agents.models` first).'),
    })
    .prefault({})
    .describe(`The ${name[0]?.toUpperCase()}${name.slice(1)}.`);

const agentsSchema = z.strictObject({
  planner: agent('planner'),
  implementor: agent('implementor'),
  reviewer: agent('reviewer'),
  adapters: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name in lower case'),
      z.strictObject({ command: command.describe('Program and arguments.') }),
    )
    .default({})
    .describe('Other agents, each a program that speaks the adapter protocol (NDJSON over stdio).'),
  models: z
    .strictObject({
      simple: z.string().min(1).default('sonnet').describe('For `complexity:simple`.'),
      complex: z.string().min(1).default('opus').describe('For `complexity:complex`.'),
    })
    .prefault({})
    .describe('The Implementor’s model by the task’s complexity.'),
  maxDurationSeconds: seconds(1800).describe(
    'A run whose agent works longer, over all its claims, is canceled. The clock stands while an approval is awaited.',
  ),
  parkAfterSeconds: z
    .int()
    .min(30)
    .max(60)
    .default(45)
    .describe('A waiting agent’s process is ended after this long, and resumed when a person has decided.'),
  contextPaths: z
    .array(insidePath)
    .default([])
    .describe('Files that are appended to each agent’s instructions, e.g. `CLAUDE.md`.'),
});

export const configSchema = z
  .strictObject({
    repositories: z
      .array(repositorySchema)
      .length(1, 'exactly one repository, for now')
      .prefault([{}])
      .describe('The repositories that are worked on.'),
    sensors: z
      .strictObject({
        issues: z.strictObject({ pollIntervalSeconds: seconds(30).describe('How often issues are looked at.') }).prefault({}),
        specs: z
          .strictObject({
            pollIntervalSeconds: seconds(60).describe('How often specs are looked at.'),
            directory: insidePath.default('docs/specs').describe('Where the specs are, on the default branch.'),
          })
          .prefault({}),
        pulls: z
          .strictObject({ pollIntervalSeconds: seconds(30).describe('How often pull requests are looked at.') })
          .prefault({}),
      })
      .prefault({})
      .describe('What is watched.'),
    agents: agentsSchema.prefault({}).describe('Who works.'),
    concurrency: z
      .strictObject({
        agents: z.int().min(1).max(1000).default(4).describe('How many agents work at once.'),
        minimumFreeMemoryMb: z.int().min(0).default(512).describe('No agent is started while less memory (MiB) is free.'),
      })
      .prefault({})
      .describe('How much at once.'),
    approvals: z
      .strictObject({
        deadlineSeconds: seconds(daySeconds).describe(
          'An approval that nobody decides expires after this long, and counts as denied.',
        ),
      })
      .prefault({})
      .describe('What waits for a person.'),
    budgets: z
      .strictObject({
        perRunUsd: dollars.optional().describe('A run that costs more is stopped.'),
        perTaskUsd: dollars.optional().describe('A task whose runs together cost more is stopped.'),
        perDayUsd: dollars.optional().describe('Nothing is started once a day’s runs cost more.'),
      })
      .prefault({})
      .describe('Limits in US dollars.'),
    checks: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('How it is shown.'),
          command: command.describe('Program and arguments.'),
        }),
      )
      .default([])
      .describe('Programs that have to pass before a pull request is opened.'),
    setupCommand: command
      .optional()
      .describe('Runs in each new worktree, e.g. `["yarn", "install"]`. If it fails, the dispatch fails.'),
    hosts: z.array(z.hostname()).default([]).describe('Hosts that agents may reach.'),
    policy: z
      .strictObject({ paths: z.array(insidePath).default([]).describe('Files of Cedar policies, added to the built-in ones.') })
      .prefault({})
      .describe('What agents may do.'),
    dependencies: z.enum(['warn', 'enforce']).default('warn').describe('What an open dependency of a task does to its dispatch.'),
    logging: z
      .strictObject({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
          .default('info')
          .describe('How much the engine’s own log says.'),
        agentSessions: z
          .boolean()
          .default(false)
          .describe('Also write, when a run ends, what its agent said and did as a text file.'),
        directory: z
          .string()
          .min(1)
          .default('logs')
          .describe('Where those files are, relative to the state directory or absolute.'),
      })
      .prefault({})
      .describe('What is written down besides the ledger.'),
    shutdownTimeoutSeconds: seconds(300, 0).describe('How long a stop waits for agents before it cancels them.'),
    notify: notifySchema.prefault({}).describe('A program of your own that is told what happens.'),
    tui: tuiSchema.prefault({}).describe('The terminal.'),
    data: z
      .string()
      .min(1)
      .optional()
      .describe('The state directory. Left out: below `$XDG_STATE_HOME/decree`. `--data` and DECREE_DATA count first.'),
    claude: z
      .strictObject({
        executable: z.string().min(1).optional().describe('Path of the Claude Code program. Left out: the SDK’s own.'),
        env: z
          .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of a variable'), z.string())
          .default({})
          .describe('Added to its environment, e.g. ANTHROPIC_BASE_URL. Not for secrets: this file is committed.'),
      })
      .prefault({})
      .describe('The default adapter.'),
    store: z
      .strictObject({
        postgresUrl: z
          .url({ protocol: /^postgres(ql)?$/ })
          .optional()
          .describe('Left out: SQLite in the state directory.'),
      })
      .prefault({})
      .describe('Where the ledger is.'),
    queue: z
      .enum(['ledger', 'temporal'])
      .refine((queue) => queue === 'ledger', '"ledger": the queue on Temporal is not there yet')
      .default('ledger')
      .describe('Who hands out runs. Only `ledger`: Temporal is not there yet.'),
    api: z
      .strictObject({
        port: z.int().min(0).max(65_535).optional().describe('Also listen on this port of the loopback address.'),
        allowedOrigins: z
          .array(z.url({ protocol: /^https?$/ }))
          .default([])
          .describe('Web pages that may ask.'),
      })
      .prefault({})
      .describe('The door besides its Unix socket.'),
  })
  .superRefine((config, context) => {
    for (const role of roles) {
      const { adapter } = config.agents[role];
      if (adapter === 'claude' || Object.hasOwn(config.agents.adapters, adapter)) continue;
      const known = ['claude', ...Object.keys(config.agents.adapters)].map((name) => `"${name}"`).join(' or ');
      context.addIssue({ code: 'custom', path: ['agents', role, 'adapter'], message: known });
    }
  });

/** What a config file holds: everything is optional. `export default { … } satisfies DecreeConfig`. */
export type DecreeConfig = z.input<typeof configSchema>;
/** The whole config, defaults filled in. */
export type ParsedConfig = z.output<typeof configSchema>;
