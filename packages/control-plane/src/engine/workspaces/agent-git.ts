import { writeWhole } from './files.ts';
import type { HostGit } from './host-git.ts';
import type { Repository } from './repository.ts';

export const correlationTrailer = 'Decree-Correlation';

/**
 * Git config that hands every push of one worktree to the door (a remote helper named by pushInsteadOf).
 * It is a file, included by environment for that git directory alone: repositories that a project's own tests make and
 * push to are left in peace. An empty prefix fits every URL; a URL that the config already has is named in full besides,
 * because the longest prefix wins, and an explicit pushurl heeds insteadOf only.
 */
export async function writeAgentConfig(git: HostGit, repository: Repository, path: string): Promise<void> {
  const remotes = await readRemotes(git, repository);
  const lines = ['[url "decree::"]', '\tpushInsteadOf = '];
  for (const url of remotes.urls) lines.push(`\tpushInsteadOf = ${quote(url)}`);
  for (const url of remotes.pushUrls) lines.push(`\tinsteadOf = ${quote(url)}`);
  if (!remotes.hasOrigin) lines.push('[remote "origin"]', '\turl = decree::origin');
  lines.push('[protocol "decree"]', '\tallow = always');
  await writeWhole(path, `${lines.join('\n')}\n`);
}

/** The environment of an agent's git in a workspace. */
export function agentEnvironment(agent: {
  gitDirectory: string;
  agentConfig: string;
  author: { name: string; email: string };
  nodePath: string;
  readOnly: boolean;
}): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: agent.author.name,
    GIT_AUTHOR_EMAIL: agent.author.email,
    GIT_COMMITTER_NAME: agent.author.name,
    GIT_COMMITTER_EMAIL: agent.author.email,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `includeIf.gitdir:${agent.gitDirectory.replace(/[*?[\]\\]/g, '\\$&')}.path`,
    GIT_CONFIG_VALUE_0: agent.agentConfig,
    DECREE_NODE: agent.nodePath,
    // Else `git status` rewrites the index of a tree that is not to be written.
    ...(agent.readOnly && { GIT_OPTIONAL_LOCKS: '0' }),
  };
}

export const commitGuidance = (correlationId: string) =>
  `End every commit message with the line "${correlationTrailer}: ${correlationId}" (git commit --trailer "${correlationTrailer}: ${correlationId}" adds it).`;

/** Reads the repository's config as data: `--file` with `--no-includes` parses and follows nothing. */
async function readRemotes(git: HostGit, repository: Repository) {
  const found = await git.attempt(
    [
      'config',
      '--file',
      `${repository.commonDirectory}/config`,
      '--no-includes',
      '--null',
      '--get-regexp',
      '^remote\\..*\\.(url|pushurl)$',
    ],
    { timeoutMs: 10_000 },
  );
  const urls: string[] = [];
  const pushUrls: string[] = [];
  let hasOrigin = false;
  for (const line of found.stdout.split('\0')) {
    const [key = '', ...value] = line.split('\n');
    if (value.length === 0) continue;
    if (key.endsWith('.pushurl')) pushUrls.push(value.join('\n'));
    else urls.push(value.join('\n'));
    if (key === 'remote.origin.url' || key === 'remote.origin.pushurl') hasOrigin = true;
  }
  return { urls, pushUrls, hasOrigin };
}

const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
