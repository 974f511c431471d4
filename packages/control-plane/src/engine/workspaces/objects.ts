import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkspaceError } from './errors.ts';
import type { HostGit } from './host-git.ts';
import { parseBranchName, parseSha } from './names.ts';
import type { ForgeSource } from './port.ts';
import { readRef, readRefs } from './refs.ts';
import type { Repository } from './repository.ts';

/**
 * Brings the tip of a forge's branch into the repository's objects, where agents see it, and returns its commit. No ref of
 * the repository is touched. A bare repository on disk is read as files, so that its config has no part in it.
 */
export async function fetchBranch(
  git: HostGit,
  repository: Repository,
  request: { source: ForgeSource; branch: string },
): Promise<string> {
  const branch = parseBranchName(request.branch);
  if (request.source.kind === 'bare') {
    const tip = await readRef(request.source.directory, `refs/heads/${branch}`);
    if (!tip) throw new WorkspaceError('unknown_commit', `The forge has no branch ${branch}.`);
    const known = [...(await readRefs(repository.commonDirectory)).values()];
    await copyObjects(git, { from: join(request.source.directory, 'objects'), tips: [tip], known });
    return tip;
  }
  return fetchRemote(git, request.source, branch);
}

/** Copies what is reachable from `tips` but not from `known` out of another object directory into the repository's. */
export async function copyObjects(
  git: HostGit,
  copy: { from: string; tips: readonly string[]; known: readonly string[] },
): Promise<void> {
  const missing = [];
  for (const tip of copy.tips.map(parseSha)) if (!(await hasCommit(git, tip, 'repository'))) missing.push(tip);
  if (missing.length === 0) return;
  const known = await presentCommits(git, copy.known);
  const pack = join(git.environment({ write: 'repository' }).GIT_OBJECT_DIRECTORY ?? '', 'pack');
  await mkdir(pack, { recursive: true });
  await git.run(['pack-objects', '--revs', '--quiet', '--non-empty', join(pack, 'pack')], {
    write: 'repository',
    alternates: [copy.from],
    input: `${[...missing, ...known.map((sha) => `^${sha}`)].join('\n')}\n`,
  });
}

/** Keeps everything that a commit needs, other than what `base` has, in the host's own objects: a gc of the repository cannot prune it. */
export async function keepObjects(git: HostGit, commit: string, base: string): Promise<void> {
  await git.run(['pack-objects', '--revs', '--quiet', '--non-empty', join(git.directory, 'objects/pack/pack')], {
    input: `${parseSha(commit)}\n^${parseSha(base)}\n`,
  });
}

/** Whether a commit is there, whole enough to be read. */
export async function hasCommit(git: HostGit, sha: string, where: 'repository' | 'host' = 'host'): Promise<boolean> {
  const found = await git.attempt(
    ['cat-file', '-e', `${parseSha(sha)}^{commit}`],
    where === 'repository' ? { write: 'repository' } : {},
  );
  return found.exitCode === 0;
}

async function presentCommits(git: HostGit, values: readonly string[]): Promise<string[]> {
  const shas = [...new Set(values.filter((value) => /^[0-9a-f]{40,64}$/.test(value)))];
  if (shas.length === 0) return [];
  const checked = await git.run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    write: 'repository',
    input: `${shas.join('\n')}\n`,
  });
  return checked.split('\n').flatMap((line) => (line.endsWith(' commit') ? [line.slice(0, line.indexOf(' '))] : []));
}

/** The token goes by environment, not by argument: other users of the machine can read arguments. */
async function fetchRemote(git: HostGit, source: Extract<ForgeSource, { kind: 'remote' }>, branch: string): Promise<string> {
  const url = new URL(source.url);
  if (!['https:', 'http:'].includes(url.protocol) || url.username || url.password) {
    throw new WorkspaceError(
      'bad_name',
      `Expected an https URL without a user or password, got ${url.protocol}//${url.host}. Correct the forge's clone URL.`,
    );
  }
  const header = source.token && `Authorization: Basic ${Buffer.from(`x-access-token:${source.token}`).toString('base64')}`;
  const tracking = `refs/decree/forge/${branch}`;
  const args = ['--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--no-recurse-submodules', '--quiet', '--force'];
  await git.run(['fetch', ...args, '--end-of-options', url.href, `refs/heads/${branch}:${tracking}`], {
    write: 'repository',
    timeoutMs: source.timeoutMs ?? 300_000,
    env: {
      ...(header && { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `http.${url.origin}/.extraHeader`, GIT_CONFIG_VALUE_0: header }),
    },
  });
  const sha = await readRef(git.directory, tracking);
  if (!sha) throw new WorkspaceError('unknown_commit', `The forge has no branch ${branch}.`);
  return sha;
}
