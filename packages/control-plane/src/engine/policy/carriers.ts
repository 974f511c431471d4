import { posix } from 'node:path';

/**
 * Programs whose arguments are themselves programs or scripts. One literal command of theirs is `simple` to bash and
 * still says nothing about what runs, so the floor treats it as opaque and no policy can permit it by its first words.
 */
const always = new Set([
  ...[
    'eval',
    'exec',
    'source',
    '.',
    'builtin',
    'command',
    'trap',
    'enable',
    'alias',
    'unalias',
    'set',
    'shopt',
    'hash',
    'coproc',
  ],
  ...[
    'export',
    'declare',
    'typeset',
    'local',
    'readonly',
    'unset',
    'read',
    'mapfile',
    'readarray',
    'bind',
    'complete',
    'compgen',
    'fc',
  ],
  ...['sh', 'bash', 'dash', 'zsh', 'ksh', 'mksh', 'fish', 'csh', 'tcsh', 'ash', 'pwsh', 'busybox', 'toybox'],
  ...['env', 'xargs', 'parallel', 'nohup', 'nice', 'ionice', 'timeout', 'time', 'stdbuf', 'setsid', 'setpriv', 'chrt', 'taskset'],
  ...['sudo', 'su', 'doas', 'runuser', 'pkexec', 'chroot', 'unshare', 'nsenter', 'bwrap', 'firejail', 'flock', 'watch', 'entr'],
  ...[
    'script',
    'expect',
    'unbuffer',
    'screen',
    'tmux',
    'at',
    'batch',
    'crontab',
    'systemd-run',
    'ssh',
    'scp',
    'rsync',
    'socat',
    'nc',
  ],
  ...[
    'sed',
    'awk',
    'gawk',
    'mawk',
    'nawk',
    'vi',
    'vim',
    'nvim',
    'ex',
    'ed',
    'emacs',
    'nano',
    'less',
    'more',
    'man',
    'gdb',
    'strace',
    'ltrace',
  ],
  ...['npx', 'bunx', 'pnpx', 'uvx', 'pipx', 'npm-exec', 'docker', 'podman', 'kubectl', 'openssl', 'ld.so', 'gh', 'hub'],
]);

/** Interpreters that may run a file, but not a script given as an argument or on stdin. */
const interpreters =
  /^(?:python[\d.]*|pypy[\d.]*|node|nodejs|deno|bun|tsx|ts-node|ruby|perl|php|lua[\d.]*|Rscript|osascript|tclsh[\d.]*|ghci?|scala|groovy|julia)$/;
const scriptFlags =
  /^(?:-[A-Za-z]*[ceEprx].*|--(?:eval|print|require|import|loader|experimental-loader|command|run|exec).*|-|eval|repl|x|exec|dlx)$/;

const byProgram: Record<string, (args: readonly string[]) => boolean> = {
  find: (args) => args.some((arg) => /^-(?:exec|execdir|ok|okdir|delete|fprint|fprint0|fprintf|fls)$/.test(arg)),
  fd: (args) => args.some((arg) => /^(?:-x|-X|--exec.*)$/.test(arg)),
  rg: (args) => args.some((arg) => /^--(?:pre|hostname-bin|search-zip).*/.test(arg)),
  tar: (args) =>
    args.some((arg) =>
      /^(?:--(?:checkpoint-action|to-command|use-compress|rsh|info-script|new-volume|rmt).*|-I.*|-F.*)$/.test(arg),
    ),
  sort: (args) => args.some((arg) => /^--compress-pro/.test(arg)),
  zip: (args) => args.some((arg) => /^(?:-TT|--unzip-command).*/.test(arg)),
  go: (args) =>
    args.some((arg) => /^--?(?:exec|toolexec|vettool)\b/.test(arg)) || ['run', 'generate', 'env', 'tool'].includes(args[0] ?? ''),
  cargo: (args) => args.some((arg) => /^--config/.test(arg)) || ['install', 'xtask'].includes(args[0] ?? ''),
  make: (args) => args.some((arg) => /^(?:--eval|-E)/.test(arg) || /^[A-Za-z_.][\w.]*\??[:+!]?=/.test(arg)),
  npm: (args) => hasWord(args, ['exec', 'x', 'explore', 'config', 'set', 'edit', 'init', 'create']) || scriptShell(args),
  pnpm: (args) => hasWord(args, ['exec', 'dlx', 'config', 'create']) || scriptShell(args),
  yarn: (args) => hasWord(args, ['exec', 'dlx', 'config', 'node', 'create']) || scriptShell(args),
  git: gitCarries,
};

/** Why these words run something else than they say, or undefined. `argv` is what one simple command passes. */
export function carriesCommand(argv: readonly string[]): string | undefined {
  const name = posix.basename(argv[0] ?? '');
  const args = argv.slice(1);
  if (always.has(name)) return `${name} runs, changes or hides another command`;
  // After `python -m MODULE` the words are the module's; anywhere else -m may be some option's value.
  const own = args[0] === '-m' && name.startsWith('py') ? [] : args;
  if (interpreters.test(name) && (args.length === 0 || own.some((arg) => scriptFlags.test(arg) || arg.startsWith('/dev/'))))
    return `${name} runs a script that is not a file of the workspace`;
  if (byProgram[name]?.(args)) return `these arguments make ${name} run or overwrite something else`;
  return undefined;
}

/**
 * Options before git's subcommand, and the subcommands that change what git itself does, run programs, or name other
 * repositories and helpers. Aliases need `git config`, so they are closed with it.
 */
const gitDenied = new Set([
  ...[
    'config',
    'credential',
    'daemon',
    'difftool',
    'mergetool',
    'filter-branch',
    'bisect',
    'submodule',
    'hook',
    'maintenance',
    'gc',
  ],
  ...[
    'send-email',
    'instaweb',
    'web--browse',
    'upload-pack',
    'receive-pack',
    'upload-archive',
    'remote-ext',
    'remote-fd',
    'shell',
  ],
  ...[
    'update-ref',
    'symbolic-ref',
    'worktree',
    'replace',
    'fast-import',
    'for-each-repo',
    'init',
    'clone',
    'p4',
    'svn',
    'cvsserver',
  ],
  ...[
    'http-backend',
    'http-push',
    'send-pack',
    'reflog',
    'prune',
    'pack-refs',
    'sparse-checkout',
    'scalar',
    'bugreport',
    'diagnose',
    'gui',
    'citool',
  ],
]);

function gitCarries(args: readonly string[]): boolean {
  const subcommand = args[0];
  if (subcommand === undefined || subcommand === '--version' || subcommand === '--help' || subcommand === 'help') return false;
  if (subcommand.startsWith('-') || gitDenied.has(subcommand)) return true;
  if (subcommand === 'remote')
    return args.length > 1 && !(args.length === 2 && ['-v', '--verbose', 'show'].includes(args[1] ?? ''));
  // git accepts any unambiguous beginning of a long option, so beginnings are matched.
  const dangerous =
    /^--(?:exec|ext-diff|upload-p|receive-p|open-files|output|textconv|template|separate-g|config|reference|super-prefix|no-index)/;
  return args.some((arg) => dangerous.test(arg)) || (subcommand === 'grep' && args.some((arg) => /^-O/.test(arg)));
}

const hasWord = (args: readonly string[], words: readonly string[]): boolean =>
  words.includes(args.find((arg) => !arg.startsWith('-')) ?? '');
const scriptShell = (args: readonly string[]): boolean =>
  args.some((arg) => /^--(?:script-shell|shell|node-options|userconfig|globalconfig|prefix|cwd)/.test(arg));
