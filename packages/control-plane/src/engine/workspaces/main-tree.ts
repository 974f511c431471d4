import { createHash } from 'node:crypto';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { captureTree, dropSubmodules } from './capture-tree.ts';
import { errno } from './errors.ts';
import { readSmallFile } from './files.ts';
import type { HostGit } from './host-git.ts';
import type { MainTreeReport } from './port.ts';
import { readHead } from './refs.ts';
import type { Repository } from './repository.ts';

export interface MainTreeSnapshot {
  tree: string;
  head: string;
  index: string;
}

/** Worktrees are other runs' business, and live below the main tree. */
const notOurs = ['/.worktrees/'];

/**
 * What the main tree holds: its files as one tree object, HEAD, and the entries of the person's index. Ignored files
 * (node_modules, caches, logs) are not looked at, nor times.
 */
export async function snapshotMainTree(git: HostGit, repository: Repository, index: string): Promise<MainTreeSnapshot> {
  const entries = await copyPersonsIndex(git, repository, index);
  await dropSubmodules(git, index);
  const tree = await captureTree(git, { workTree: repository.root, index, exclude: notOurs });
  await rm(index, { force: true });
  return {
    tree,
    head: (await readSmallFile(join(repository.commonDirectory, 'HEAD')))?.trim() ?? '',
    index: createHash('sha256').update(entries).digest('hex'),
  };
}

export async function compareMainTree(git: HostGit, before: MainTreeSnapshot, after: MainTreeSnapshot): Promise<MainTreeReport> {
  const listed = await git.bytes([
    'diff-tree',
    '-r',
    '-z',
    '--no-renames',
    '--no-ext-diff',
    '--name-status',
    '--end-of-options',
    before.tree,
    after.tree,
  ]);
  const parts = listed.toString('utf8').split('\0');
  const files: MainTreeReport['files'] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    files.push({ path: parts[at + 1] ?? '', change: parts[at] === 'A' ? 'created' : parts[at] === 'D' ? 'deleted' : 'modified' });
  }
  const headMoved = before.head !== after.head;
  const indexChanged = before.index !== after.index;
  return { identical: files.length === 0 && !headMoved && !indexChanged, files, headMoved, indexChanged };
}

/** What `git status` would say, without the repository's config, hooks, filters and fsmonitor. */
export async function readDirtyFiles(git: HostGit, repository: Repository, index: string) {
  await copyPersonsIndex(git, repository, index);
  const { sha: head = '' } = await readMainHead(repository);
  const read = async (args: string[]) =>
    [...new Set((await git.bytes(args, { workTree: repository.root, index })).toString('utf8').split('\0'))].filter(Boolean);
  const files = {
    staged: await read([
      'diff-index',
      '--cached',
      '-z',
      '--name-only',
      '--no-renames',
      '--no-ext-diff',
      '--ignore-submodules=all',
      head,
    ]),
    modified: await read(['ls-files', '-z', '--modified', '--deleted']),
    untracked: await read(['ls-files', '-z', '--others', '--exclude-standard', ...notOurs.map((path) => `--exclude=${path}`)]),
  };
  await rm(index, { force: true });
  return files;
}

/** Copies the person's index for its stat cache and returns its entries; in place of one that git cannot read here (a split index) HEAD's is used. */
async function copyPersonsIndex(git: HostGit, repository: Repository, index: string): Promise<Buffer> {
  await rm(index, { force: true });
  try {
    await copyFile(join(repository.commonDirectory, 'index'), index);
  } catch (error) {
    if (errno(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  const listed = await git.attempt(['ls-files', '--stage', '-z'], { index });
  if (listed.exitCode === 0) return Buffer.from(listed.stdout);
  await rm(index, { force: true });
  await git.run(['read-tree', (await readMainHead(repository)).sha ?? '--empty'], { index });
  return Buffer.alloc(0);
}

const readMainHead = (repository: Repository) => readHead(repository.commonDirectory, join(repository.commonDirectory, 'HEAD'));
