import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnv, type Env } from '../system/env.ts';
import type { Exec } from '../system/operations.ts';
import type { ExecResult } from '../system/process.ts';
import { WorkspaceError } from './errors.ts';
import { writeWhole } from './files.ts';
import type { Repository } from './repository.ts';

/**
 * Git as the host runs it: in a GIT_DIR of its own, with a config of its own, over the objects of somebody else's
 * repository. An agent can rewrite everything in a repository that git would obey (config, hooks, filters, fsmonitor,
 * the worktree's pointer); none of that is read here.
 */
export interface HostGit {
  readonly directory: string;
  /** Output of a git command; throws `git_failed` when it fails. */
  run(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The same for commands whose exit code is an answer. */
  attempt(args: readonly string[], options?: GitOptions): Promise<ExecResult>;
  /** Output byte for byte: file names need not be UTF-8. */
  bytes(args: readonly string[], options?: GitOptions): Promise<Buffer>;
  /** The whole environment of such a command. */
  environment(options?: GitOptions): Record<string, string>;
}

export interface GitOptions {
  workTree?: string;
  index?: string;
  /** Where new objects go. `repository`: an agent's git sees them. Default: `host`, where nobody's gc prunes them. */
  write?: 'host' | 'repository';
  /** Further object directories to read from. */
  alternates?: readonly string[];
  input?: string | Uint8Array;
  env?: Record<string, string>;
  timeoutMs?: number;
}

export interface HostGitOptions {
  /** The bare directory, made if it is missing. */
  directory: string;
  repository: Repository;
  env: Env;
  /** Inherited by every git started here, so that one left by a dead engine can be found. */
  mark: { name: string; value: string };
  exec: Exec;
  /** Files as they are on disk: no line-end, encoding or ident conversion whatever .gitattributes says. */
  exactBytes?: boolean;
}

const defaultTimeoutMs = 120_000;

/** `alternateRefsCommand`: else a fetch runs git inside every alternate, with the config that it finds there. */
const config = (objectFormat: string) => `[core]
\trepositoryformatversion = ${objectFormat === 'sha256' ? 1 : 0}
\tbare = true
\thooksPath = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tcommitGraph = false
\tmultiPackIndex = false
\tlogAllRefUpdates = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\talternateRefsCommand = true
\tfsyncMethod = batch
${objectFormat === 'sha256' ? '[extensions]\n\tobjectFormat = sha256\n' : ''}[gc]
\tauto = 0
[maintenance]
\tauto = false
[fetch]
\twriteCommitGraph = false
\tunpackLimit = 1
\trecurseSubmodules = false
[submodule]
\trecurse = false
[log]
\tshowSignature = false
\tmailmap = false
[credential]
\thelper =
[pack]
\tthreads = 1
`;

export async function createHostGit(options: HostGitOptions): Promise<HostGit> {
  const { directory, repository } = options;
  for (const name of ['objects/info', 'objects/pack', 'refs', 'info'])
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  await writeWhole(join(directory, 'config'), config(repository.objectFormat));
  await writeWhole(join(directory, 'HEAD'), 'ref: refs/heads/none\n');
  await writeWhole(
    join(directory, 'info/attributes'),
    options.exactBytes ? '* -text -eol -crlf -ident -filter -working-tree-encoding\n' : '',
  );

  const environment = (git: GitOptions = {}): Record<string, string> => {
    const toRepository = git.write === 'repository';
    const own = join(directory, 'objects');
    const alternates = [toRepository ? own : repository.objectsDirectory, ...(git.alternates ?? [])];
    return {
      ...childEnv(options.env),
      [options.mark.name]: options.mark.value,
      LC_ALL: 'C',
      HOME: directory,
      GIT_DIR: directory,
      GIT_OBJECT_DIRECTORY: toRepository ? repository.objectsDirectory : own,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates.map(quotePath).join(':'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_PROTOCOL_FROM_USER: '0',
      GIT_ALLOW_PROTOCOL: 'https:http',
      ...(repository.shallowFile && { GIT_SHALLOW_FILE: repository.shallowFile }),
      ...(git.workTree && { GIT_WORK_TREE: git.workTree }),
      ...(git.index && { GIT_INDEX_FILE: git.index }),
      ...git.env,
    };
  };

  const attempt = (args: readonly string[], git: GitOptions = {}, encoding: 'utf8' | 'latin1' = 'utf8') =>
    options.exec('git', args, {
      encoding,
      cwd: git.workTree ?? directory,
      env: environment(git),
      timeoutMs: git.timeoutMs ?? defaultTimeoutMs,
      ...(git.input !== undefined && { input: git.input }),
    });

  return {
    directory,
    environment,
    attempt: (args, git) => attempt(args, git),
    async run(args, git) {
      const result = await attempt(args, git);
      if (result.exitCode !== 0) throw failed(args, result);
      return result.stdout;
    },
    async bytes(args, git) {
      const result = await attempt(args, git, 'latin1');
      if (result.exitCode !== 0) throw failed(args, result);
      return Buffer.from(result.stdout, 'latin1');
    },
  };
}

const failed = (args: readonly string[], result: { exitCode: number; stderr: string; timedOut: boolean }) =>
  new WorkspaceError(
    'git_failed',
    `git ${args[0]} ${result.timedOut ? 'took too long and was ended' : `failed with exit code ${result.exitCode}`}: ${result.stderr.trim().slice(-2_000)}`,
    { output: result.stderr },
  );

/** GIT_ALTERNATE_OBJECT_DIRECTORIES is divided by colons; a path that holds one is quoted as git's C-style strings are. */
const quotePath = (path: string) => (/[:"\n]/.test(path) ? `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"` : path);
