/**
 * Who may import whom, and what a file may not hold: the rules of the house as data. `check.ts` applies them.
 *
 * Places are house paths: `packages/<name>/src/x.ts` is written `<name>/x.ts`, an npm package `npm:<name>`, a module of Node's
 * `node:<name>`. `*` stands for anything within one name, `**` for anything.
 */
export interface ImportRule {
  name: string;
  because: string;
  files: readonly string[];
  except?: readonly string[];
  /** Everything that may be imported; without it, everything that `never` does not name. */
  only?: readonly string[];
  /** May be imported as well, but for its types only. */
  types?: readonly string[];
  never?: readonly string[];
}

const wiring = ['control-plane/main.ts', 'control-plane/open-control-plane.ts', 'control-plane/engine/create-*.ts'];
const uis = ['control-plane/tui/**', 'control-plane/api/**', 'control-plane/cli/**', 'console/**'];

export const importRules: readonly ImportRule[] = [
  {
    name: 'contracts stand alone',
    because: 'the words are shared by every program and by the browser: zod only, no I/O',
    files: ['contracts/**'],
    only: ['contracts/**', 'npm:zod'],
  },
  {
    name: 'client knows only contracts',
    because: 'the client is the engine over HTTP; it must not bring the engine along',
    files: ['client/**'],
    only: [
      'client/**',
      'contracts/**',
      'node:http',
      'node:https',
      'node:net',
      'node:url',
      'node:stream',
      'node:stream/*',
      'node:buffer',
      'node:string_decoder',
    ],
  },
  {
    name: 'console talks through the client',
    because: 'the console runs in a browser',
    files: ['console/**'],
    only: ['console/**', 'client/**', 'contracts/**', 'npm:**'],
  },
  {
    name: 'a user interface sees an Engine only by its type',
    because: 'it works the same over an engine in this process and over a client',
    files: ['control-plane/tui/**', 'control-plane/api/**'],
    only: ['@own', 'contracts/**', 'npm:**', 'node:**'],
    types: ['control-plane/engine/**', 'control-plane/config/**'],
  },
  {
    name: 'the command line is handed its engine',
    because: 'a verb is a thin use of an engine or a client; main.ts chooses which',
    files: ['control-plane/cli/**'],
    only: ['@own', 'contracts/**', 'client/**', 'control-plane/config/**', 'npm:**', 'node:**'],
    types: ['control-plane/engine/**'],
  },
  {
    name: 'config is read by others and knows nobody',
    because: 'it is read once, before anything is chosen',
    files: ['control-plane/config/**'],
    only: ['@own', 'contracts/**', 'npm:**', 'node:**'],
    types: ['control-plane/engine/system/**'],
  },
  {
    name: 'the engine knows no user interface',
    because: 'it runs without any of them',
    files: ['control-plane/engine/**'],
    never: [...uis, 'client/**', 'control-plane/main.ts'],
  },
  {
    name: 'only main chooses',
    because: 'main.ts is where a program begins; nobody imports it',
    files: ['**'],
    never: ['control-plane/main.ts'],
  },
  {
    name: 'pure rooms import contracts only',
    because: 'they decide; what acts is handed their commands, so every decision can be tested and replayed',
    files: ['control-plane/engine/workflow/**'],
    only: ['control-plane/engine/workflow/**', 'contracts/**'],
  },
  {
    name: 'policy decides without acting',
    because: 'a decision depends on its request alone, so that it can be explained, repeated and dry-run',
    files: ['control-plane/engine/policy/**'],
    never: ['control-plane/engine/ledger/**', 'control-plane/engine/forge/**', 'control-plane/engine/agents/**'],
  },
  {
    name: 'the system room knows nobody',
    because: 'everything stands on it',
    files: ['control-plane/engine/system/**'],
    only: ['@own', 'npm:**', 'node:**'],
  },
];

/** A concrete part is reached through its port: only what wires the engine, and its own room, import it. */
export const concreteParts: readonly { part: readonly string[]; importers: readonly string[] }[] = [
  {
    part: ['control-plane/engine/ledger/sqlite*', 'control-plane/engine/ledger/sqlite/**'],
    importers: ['control-plane/engine/ledger/**', ...wiring],
  },
  {
    part: ['control-plane/engine/ledger/postgres*', 'control-plane/engine/ledger/postgres/**'],
    importers: ['control-plane/engine/ledger/**', ...wiring],
  },
  { part: ['control-plane/engine/agents/claude/**'], importers: ['control-plane/engine/agents/claude/**', ...wiring] },
  { part: ['control-plane/engine/agents/process.ts'], importers: ['control-plane/engine/agents/**', ...wiring] },
  {
    part: ['control-plane/engine/forge/octokit*', 'control-plane/engine/forge/octokit/**'],
    importers: ['control-plane/engine/forge/**', ...wiring],
  },
  { part: ['control-plane/engine/forge/local/**'], importers: ['control-plane/engine/forge/local/**', ...wiring] },
  {
    part: ['control-plane/engine/policy/cedar*', 'control-plane/engine/policy/cedar/**'],
    importers: ['control-plane/engine/policy/**', ...wiring],
  },
  { part: ['control-plane/engine/runs/ledger-queue.ts'], importers: wiring },
];

/** Each library has one home, so that it can be replaced there. Types of Node's own modules are free: they do nothing. */
export const libraryHomes: readonly { library: readonly string[]; homes: readonly string[] }[] = [
  {
    library: ['node:child_process', 'node:timers', 'node:timers/*', 'node:process'],
    homes: ['control-plane/engine/system/**'],
  },
  { library: ['npm:better-sqlite3'], homes: ['control-plane/engine/ledger/**', 'control-plane/engine/forge/local/**'] },
  { library: ['npm:kysely', 'npm:pg'], homes: ['control-plane/engine/ledger/**'] },
  { library: ['npm:@anthropic-ai/*'], homes: ['control-plane/engine/agents/claude/**'] },
  { library: ['npm:@octokit/*'], homes: ['control-plane/engine/forge/**'] },
  { library: ['npm:@cedar-policy/*', 'npm:unbash'], homes: ['control-plane/engine/policy/**'] },
  {
    library: ['npm:hono', 'npm:@hono/*'],
    homes: ['control-plane/api/**', 'control-plane/engine/forge/local/**'],
  },
  { library: ['npm:ink', 'npm:react', 'npm:zustand', 'npm:zustand/*'], homes: ['control-plane/tui/**'] },
  { library: ['npm:commander'], homes: ['control-plane/cli/**', 'control-plane/main.ts'] },
];

export interface TextRule {
  name: string;
  because: string;
  files: readonly string[];
  except?: readonly string[];
  /** Looked for in the code without comments and strings. */
  pattern: RegExp;
}

const product = ['contracts/**', 'client/**', 'control-plane/**'];
const outsideSystem = { files: product, except: ['control-plane/engine/system/**'] };
const handedIn = 'it lives in engine/system and is handed in, so that tests and replay decide it';

export const textRules: readonly TextRule[] = [
  {
    name: 'no clock',
    because: handedIn,
    ...outsideSystem,
    pattern: /\bDate\.now\b|\bnew\s+Date\s*(?:\(\s*\)|(?=[;,)\]}]))|\bperformance\.(?:now|timeOrigin)\b|\bhrtime\b/g,
  },
  {
    name: 'no timer',
    because: handedIn,
    ...outsideSystem,
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\b|\bAbortSignal\.timeout\b/g,
  },
  {
    name: 'no chance',
    because: handedIn,
    ...outsideSystem,
    pattern: /\bMath\.random\b|\b(?:randomUUID|randomBytes|randomInt|randomFill|randomFillSync|getRandomValues)\b/g,
  },
  {
    name: 'no environment',
    because: handedIn,
    ...outsideSystem,
    pattern: /\bprocess\.(?:env|kill)\b|\bprocess\s*\[|=\s*process\b(?!\s*\.)/g,
  },
  {
    name: 'imports are named',
    because: 'who imports whom must be readable: a string in the place, not an expression',
    files: product,
    // A person's config is a module whose name nobody knows beforehand.
    except: ['control-plane/config/evaluator.mjs'],
    pattern: /\bimport\s*\((?!\s*['"])|\bcreateRequire\b/g,
  },
  { name: 'no export *', because: 'what a room gives is named', files: ['**'], pattern: /\bexport\s*\*/g },
  {
    name: 'no default export',
    because: 'a thing has one name everywhere',
    files: ['**'],
    except: ['**/vitest.config.ts', 'vitest.config.ts', '**/vite.config.ts'],
    pattern: /\bexport\s+default\b|\bas\s+default\b/g,
  },
  {
    name: 'no enum',
    because: 'unions and `as const` need no run time',
    files: ['**'],
    pattern: /(?:^|[;{}\n]|\bexport|\bdeclare|\bconst)\s*enum\s+\w+\s*\{/g,
  },
  {
    name: 'no silent catch',
    because: 'a failure nobody hears of is found by the user',
    files: ['**'],
    except: ['scripts/**'],
    pattern: /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}|\.catch\(\s*(?:async\s*)?\(?\w*\)?\s*=>\s*\{\s*\}\s*\)/g,
  },
];

export const length = {
  /** A longer file says at its head why; a test's cases say it themselves. */
  explainedAbove: 250,
  most: 400,
};

/** Names that say nothing about what is inside. */
export const emptyFolderNames = ['utils', 'util', 'helpers', 'services', 'managers', 'common', 'misc', 'lib', 'shared'];

/** Rooms of the engine that import each other in a circle, known and owed: each line is a debt that ARCHITECTURE.md names. */
export const knownRoomCycles: readonly (readonly [string, string])[] = [];
