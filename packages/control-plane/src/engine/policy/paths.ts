import { posix } from 'node:path';

/** What the normaliser may ask of the file system: `workspace-view.ts` is the real one. */
export interface WorkspaceView {
  /** The real absolute path of the workspace: no symlink in it. */
  readonly root: string;
  /** The absolute path with every symlink of its existing part followed. Throws when it cannot be known. */
  realPath(absolute: string): string;
  /** The file's text, at most `maxBytes` of it; throws with a message for the agent when it is larger, absent or no text. */
  readText(absolute: string, maxBytes: number): string;
}

/** The agents' one way to the forge, in the workspace. */
export const ghScriptPath = 'scripts/workflow/gh.sh';

/** What the normaliser has to know of the run. */
export interface Surroundings {
  view: WorkspaceView;
  /** `owner/name` of the run's repository. */
  repository: string;
  /** The only branch that it may push; null where it pushes none. */
  ownBranch: string | null;
}

/** `inside`: relative to the workspace, `.` for its root. `outside`: absolute. */
export type Place = { scope: 'inside'; path: string } | { scope: 'outside'; path: string };

/** Where a path that an agent wrote really leads. Throws on what cannot be a path. */
export function locate(view: WorkspaceView, cwd: string, written: string): Place {
  if (written === '' || written.includes('\0')) throw new Error('expected a path, got an empty string or one with a NUL');
  // The agents' file tools expand ~ themselves, each in its own way; nothing in the workspace needs it.
  if (written.startsWith('~'))
    throw new Error(`expected a path without ~, got ${written}; write it out, relative to the workspace`);
  const real = view.realPath(posix.resolve(cwd, written));
  if (real === view.root) return { scope: 'inside', path: '.' };
  if (real.startsWith(`${view.root}/`)) return { scope: 'inside', path: real.slice(view.root.length + 1) };
  return { scope: 'outside', path: real };
}

/**
 * Files that steer git, the agents, the control plane or the forge's machines. Compared without case, because some file
 * systems do so; `.git` at any depth, because a nested repository executes as well as the outer one.
 */
const protectedPaths: readonly RegExp[] = [
  /(?:^|\/)\.git(?:\/|$)/,
  /(?:^|\/)\.gitmodules$/,
  /^\.claude(?:\/|$)/,
  /(?:^|\/)\.mcp\.json$/,
  /^\.worktrees(?:\/|$)/,
  /^\.decree(?:\/|$)/,
  /^control-plane\.config\.(?:[cm]?[jt]s|json)$/,
  /\.cedar(?:schema)?$/,
  /^policies(?:\/|$)/,
  /^scripts\/workflow(?:\/|$)/,
  /^\.github\/(?:workflows|actions)(?:\/|$)/,
  /^\.husky(?:\/|$)/,
];

/** Files that hold secrets by custom. Their templates do not. */
const secretPaths: readonly RegExp[] = [
  /(?:^|\/)\.git(?:\/|$)/,
  /(?:^|\/)\.env(?:\.[^/]+)?$/,
  /(?:^|\/)\.(?:netrc|pgpass|git-credentials|npmrc|yarnrc|pypirc|dockercfg|htpasswd)$/,
  /(?:^|\/)\.(?:ssh|gnupg|aws|azure|kube|docker)(?:\/|$)/,
  /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)[^/]*$/,
  /\.(?:pem|p12|pfx|key|keystore|jks)$/,
  /^scripts\/workflow\/(?!gh\.sh$|setup-labels\.sh$)[^/]+$/,
];
const template = /(?:^|\/)\.env\.(?:example|sample|template|dist|defaults?)$/;

/** Trees of the machine that no policy opens, whatever it says: kernel and device files, and dot files outside the workspace. */
const closedOutside =
  /^\/(?:proc|sys|dev)(?:\/|$)|(?:^|\/)\.[^/]+|^\/etc\/(?:shadow|gshadow|sudoers)|^\/(?:run|var\/run)(?:\/|$)/;

const folded = (path: string): string => path.normalize('NFC').toLowerCase();

/** `inside` paths are relative; an action's resource is absolute exactly when it lies outside the workspace. */
export const isOutside = (path: string): boolean => path.startsWith('/');
export const isProtected = (path: string): boolean =>
  !isOutside(path) && protectedPaths.some((pattern) => pattern.test(folded(path)));
/** True of a directory that holds, or could come to hold, a protected path: moving it moves that too. */
export const holdsProtected = (path: string): boolean => ['.', '.github', 'scripts'].includes(folded(path)) || isProtected(path);
export const isSecret = (path: string): boolean =>
  isOutside(path)
    ? closedOutside.test(path)
    : secretPaths.some((pattern) => pattern.test(folded(path))) && !template.test(folded(path));
