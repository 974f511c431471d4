import type { Action } from '@decree/contracts';

export interface PushUpdate {
  /** The full name of the ref that would change on the forge. */
  ref: string;
  force: boolean;
  delete: boolean;
}

/** The action of a push; the broker builds it from what git really sends. Commits are not in it: the gate cannot know them. */
export function pushAction(updates: readonly PushUpdate[], problem?: string): Action {
  const refs = [...new Set(updates.map((update) => update.ref))].sort();
  return {
    kind: 'git.push',
    resource: (refs.join(' ') || 'nothing').slice(0, 4096),
    arguments: {
      refs,
      force: updates.some((update) => update.force),
      delete: updates.some((update) => update.delete),
      ...(problem && { problem }),
    },
    summary: `push ${refs.map((ref) => ref.replace(/^refs\/heads\//, '')).join(', ') || 'nothing'}`.slice(0, 500),
  };
}

const harmless = [
  '-u',
  '--set-upstream',
  '-q',
  '--quiet',
  '-v',
  '--verbose',
  '--progress',
  '--no-progress',
  '--porcelain',
  '--atomic',
  '--thin',
];
const forcing = /^(?:-f|--force|--force-with-lease(?:=.*)?|--force-if-includes)$/;

/** Reads the words after `git push`. `ownBranch` stands for a push without refspec, and for HEAD. */
export function parsePush(args: readonly string[], ownBranch: string | null): Action {
  const operands: string[] = [];
  let force = false;
  let remove = false;
  let problem: string | undefined;
  let optionsEnded = false;
  for (const arg of args) {
    if (optionsEnded || !arg.startsWith('-')) operands.push(arg);
    else if (arg === '--' || arg === '--end-of-options') optionsEnded = true;
    else if (forcing.test(arg)) force = true;
    else if (arg === '-d' || arg === '--delete') remove = true;
    else if (!harmless.includes(arg))
      problem ??= `git push does not take ${arg.slice(0, 60)} here; use: git push -u origin ${ownBranch ?? 'BRANCH'}`;
  }
  const [remote = 'origin', ...refspecs] = operands;
  if (remote !== 'origin') problem ??= `expected the remote origin, got ${remote.slice(0, 60)}`;
  if (refspecs.length === 0) refspecs.push('HEAD');
  const updates = refspecs.map((refspec) => readRefspec(refspec, { ownBranch, force, remove }));
  return pushAction(updates, problem);
}

function readRefspec(refspec: string, options: { ownBranch: string | null; force: boolean; remove: boolean }): PushUpdate {
  const plus = refspec.startsWith('+');
  const [source = '', ...rest] = (plus ? refspec.slice(1) : refspec).split(':');
  const target = rest.length > 0 ? rest.join(':') : source;
  const name = target === 'HEAD' || target === '@' ? (options.ownBranch ?? 'HEAD') : target;
  return {
    ref: name.startsWith('refs/') ? name : `refs/heads/${name}`,
    force: options.force || plus,
    delete: options.remove || (rest.length > 0 && source === ''),
  };
}
