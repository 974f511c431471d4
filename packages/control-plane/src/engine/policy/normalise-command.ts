import { posix } from 'node:path';
import type { Action } from '@decree/contracts';
import { clip } from '../clip.ts';
import { sha256 } from './action-hash.ts';
import { forgeAction } from './forge-action.ts';
import { GhArgumentError, parseGhApi } from './gh-api.ts';
import { parsePush } from './git-push.ts';
import { ghScriptPath, holdsProtected, isProtected, isSecret, locate, type Place, type Surroundings } from './paths.ts';
import { analyseCommand } from './shell.ts';

/** GitHub takes 65,536 characters in a body; JSON around them needs some more. */
const maxBodyBytes = 256 * 1024;

/**
 * A shell command as an action: a forge request when it is gh.sh's `api`, a push, or a command with its argument list.
 * What is not one literal command keeps its text and why; it has no `argv`, and the floor refuses it.
 */
export function normaliseCommand(command: string, cwd: string, surroundings: Surroundings): Action {
  const analysis = analyseCommand(command);
  if (analysis.verdict !== 'simple' || !analysis.argv) {
    return {
      kind: 'command.run',
      resource: 'shell',
      arguments: {
        command: clip(command, 2000),
        sha256: sha256(command),
        verdict: analysis.verdict,
        because: analysis.because ?? 'it is not understood',
      },
      summary: clip(`run ${oneLine(command)}`, 500),
    };
  }
  const { argv } = analysis;
  const place = safely(() => locate(surroundings.view, '/', cwd));
  if (isGhScript(argv[0] ?? '', cwd, surroundings)) return ghAction(argv, cwd, surroundings);
  if (argv[0] === 'git' && argv[1] === 'push') return parsePush(argv.slice(2), surroundings.ownBranch);
  const paths = pathOperands(argv).map(
    (operand) => safely(() => locate(surroundings.view, cwd, operand)) ?? { scope: 'outside' as const, path: operand },
  );
  const outside = named(paths, (found) => found.scope === 'outside');
  const moved = movedPaths(argv).map((path) => safely(() => locate(surroundings.view, cwd, path)));
  const guarded = named(
    [
      ...paths.filter((found) => isProtected(found.path)),
      ...moved.filter((found) => found !== undefined && holdsProtected(found.path)),
    ],
    () => true,
  );
  const secret = named(paths, (found) => isSecret(found.path));
  return {
    kind: 'command.run',
    resource: clip(argv[0] ?? '', 4096),
    arguments: {
      argv,
      cwd: place?.path ?? cwd,
      ...(outside.length > 0 && { outside }),
      ...(guarded.length > 0 && { protected: guarded }),
      ...(secret.length > 0 && { secret }),
    },
    summary: clip(`run ${argv.map(oneLine).join(' ')}`, 500),
  };
}

function isGhScript(program: string, cwd: string, { view }: Surroundings): boolean {
  if (!program.includes('/') || posix.basename(program) !== 'gh.sh') return false;
  return safely(() => locate(view, cwd, program))?.path === ghScriptPath;
}

function ghAction(argv: readonly string[], cwd: string, { view, repository, ownBranch }: Surroundings): Action {
  const refused = (problem: string): Action => ({
    kind: 'forge.other',
    resource: repository,
    arguments: { argv: argv.map((word) => clip(word, 500)).slice(0, 50), problem },
    summary: clip(`gh ${argv.slice(1).map(oneLine).join(' ')}`, 500),
  });
  if (argv[1] !== 'api')
    return refused(
      `gh.sh carries only \`api\`, got ${clip(argv[1] ?? 'nothing', 60)}; use: scripts/workflow/gh.sh api repos/{owner}/{repo}/…`,
    );
  try {
    const request = parseGhApi(argv.slice(2), {
      repository,
      branch: ownBranch,
      readFile(path) {
        const found = locate(view, cwd, path);
        if (found.scope === 'outside' || isSecret(found.path))
          throw new GhArgumentError(
            `${clip(path, 200)} is not a file of the workspace that may be sent; write the text to a file in the workspace`,
          );
        return view.readText(posix.join(view.root, found.path), maxBodyBytes);
      },
    });
    return forgeAction(request, repository);
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

/**
 * The words that may be paths: operands, and what follows `=`. Text that cannot be one by its place (a commit message,
 * a search pattern) is left out, so that `grep -rn "/api/" src` is not a read of /api. A value glued to a short option
 * is not seen here: the policy lists the options that it knows, and knows none with a glued path.
 */
function pathOperands(argv: readonly string[]): string[] {
  const found: string[] = [];
  let messageNext = false;
  let optionsEnded = false;
  let patternNext = takesPattern(argv);
  for (const word of argv.slice(1)) {
    if (messageNext) {
      messageNext = false;
      continue;
    }
    if (word === '--') optionsEnded = true;
    if (!optionsEnded && word.startsWith('-')) {
      messageNext = argv[0] === 'git' && argv[1] === 'commit' && /^(?:-[a-z]*m|--message)$/.test(word);
      const equals = word.indexOf('=');
      if (equals > 0 && !(argv[0] === 'git' && word.startsWith('--message='))) found.push(word.slice(equals + 1));
      continue;
    }
    if (word === '--' || (argv[0] === 'git' && word === argv[1])) continue;
    if (patternNext) {
      patternNext = false;
      continue;
    }
    found.push(word);
    const equals = word.indexOf('=');
    if (equals > 0) found.push(word.slice(equals + 1));
  }
  return found.filter((word) => word !== '');
}

/** What cp and mv write: with a directory as the target, its child of the source's name. Source directories move with their contents. */
function movedPaths(argv: readonly string[]): string[] {
  const words =
    argv[0] === 'git' && argv[1] === 'mv'
      ? argv.slice(2)
      : ['cp', 'mv', 'ln', 'install'].includes(argv[0] ?? '')
        ? argv.slice(1)
        : [];
  const operands = words.filter((word) => !word.startsWith('-') && word !== '');
  const target = operands.pop();
  if (target === undefined) return [];
  const sources = argv[0] === 'cp' ? [] : operands;
  return [...sources, ...operands.map((source) => posix.join(target, posix.basename(source)))];
}

/** grep's first operand is a pattern unless -e, -f or their long forms give it. */
function takesPattern(argv: readonly string[]): boolean {
  const searches = ['grep', 'egrep', 'fgrep', 'rg'].includes(argv[0] ?? '') || (argv[0] === 'git' && argv[1] === 'grep');
  return searches && !argv.some((word) => /^-[^-]*[ef]/.test(word) || /^--(?:re|fi|ty|no)/.test(word));
}

const named = (places: readonly (Place | undefined)[], test: (place: Place) => boolean): string[] =>
  [
    ...new Set(
      places
        .filter((place) => place !== undefined)
        .filter(test)
        .map((place) => clip(place.path, 500)),
    ),
  ].sort();

/** A path that cannot be followed (a loop, no right to look) counts as outside, where the caller says so. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
