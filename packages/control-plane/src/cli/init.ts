import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { DecreeError } from '@decree/contracts';
import { configFileNames } from '../config/evaluate.ts';

export interface InitStep {
  /** wrote: it was not there. changed: lines were added. kept: it was there, and was left as it is. */
  action: 'wrote' | 'changed' | 'kept';
  /** Relative to the repository. */
  path: string;
  note?: string;
}

export interface InitReport {
  steps: InitStep[];
  /** What a person has to commit before it counts. */
  commit: string[];
}

/** Never in a commit: worktrees, and the credentials and token cache of gh.sh. */
const ignored = [
  { entry: '.worktrees/', same: /^\/?\.worktrees\/?$/ },
  { entry: 'scripts/workflow/.env.local', same: /^\/?scripts\/workflow\/\.env\.local$/ },
  { entry: 'scripts/workflow/.token-cache*', same: /^\/?scripts\/workflow\/\.token-cache\*$/ },
];

const specsReadme = `# Specs

One Markdown file for each spec. The Planner plans those whose frontmatter says \`status: approved\`, once for each version:

    ---
    status: draft
    ---
    # What it is

    What has to be true when it is done.
`;

/**
 * Prepares a repository: config, agent definitions and scripts from the package's templates, .gitignore, a folder for specs.
 * Nothing that exists is overwritten, so it can be called again at any time; nothing is committed.
 */
export async function initRepository({ root, templates }: { root: string; templates: string }): Promise<InitReport> {
  const steps: InitStep[] = [];
  const top = await realpath(root);
  const files = await listFiles(templates);
  if (files.length === 0)
    throw new DecreeError('internal', `expected templates in ${templates}, found none: this package is not whole`);

  const existing = (await Promise.all(configFileNames.map(async (name) => ((await exists(join(top, name))) ? name : null)))).find(
    (name) => name !== null,
  );
  if (existing) steps.push({ action: 'kept', path: existing });
  else steps.push(await writeNew(top, configFileNames[0], configText));
  steps.push(await ignore(top));
  for (const path of files) steps.push(await copyNew(top, path, join(templates, path)));
  if ((await listFiles(join(top, 'docs/specs'))).length > 0) steps.push({ action: 'kept', path: 'docs/specs/' });
  else steps.push(await writeNew(top, 'docs/specs/README.md', specsReadme));
  return { steps, commit: steps.filter(({ action }) => action !== 'kept').map(({ path }) => path) };
}

async function writeNew(top: string, path: string, text: string): Promise<InitStep> {
  return create(top, path, (target) => writeFile(target, text, { flag: 'wx' }));
}

/** With its mode: the scripts are executable. */
async function copyNew(top: string, path: string, from: string): Promise<InitStep> {
  return create(top, path, (target) => copyFile(from, target, constants.COPYFILE_EXCL));
}

async function create(top: string, path: string, write: (target: string) => Promise<void>): Promise<InitStep> {
  const target = join(top, path);
  await checkInside(top, dirname(target));
  await mkdir(dirname(target), { recursive: true });
  try {
    await write(target);
    return { action: 'wrote', path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { action: 'kept', path };
    throw error;
  }
}

/** A directory of the repository may be a link that leads out of it: nothing is written there. */
async function checkInside(top: string, directory: string): Promise<void> {
  let nearest = directory;
  while (!(await exists(nearest))) nearest = dirname(nearest);
  const real = await realpath(nearest);
  if (real !== top && !real.startsWith(top + sep)) {
    throw new DecreeError(
      'invalid',
      `${relative(top, nearest)} leads out of the repository, to ${real}: nothing was written there`,
    );
  }
}

async function ignore(top: string): Promise<InitStep> {
  const path = '.gitignore';
  const target = join(top, path);
  const text = await readFile(target, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const lines = (text ?? '').split(/\r?\n/).map((line) => line.trim());
  const missing = ignored.filter(({ same }) => !lines.some((line) => same.test(line))).map(({ entry }) => entry);
  if (missing.length === 0) return { action: 'kept', path };
  const end = text?.includes('\r\n') ? '\r\n' : '\n';
  const before = text && !text.endsWith('\n') ? text + end : (text ?? '');
  await checkInside(top, await realpath(target).then(dirname, () => top));
  await writeFile(target, before + missing.map((entry) => entry + end).join(''));
  return { action: text === null ? 'wrote' : 'changed', path, note: missing.join(', ') };
}

/** Files below a directory, relative to it, in order; none where there is no such directory. */
async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return (
    entries
      // In Decree's own repository the templates are links to the files it uses itself.
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .sort()
  );
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const configText = `import type { DecreeConfig } from '@decree/control-plane/config';

// What is left out has its default, shown here. docs/guide/config.md of Decree explains every key.
// It counts once it is committed on the default branch.
export default {
  // repositories: [{ id: 'owner/name', github: { appId: 1, privateKeyPath: 'key.pem', installationId: 1 } }],
  // sensors: { issues: { pollIntervalSeconds: 30 }, specs: { pollIntervalSeconds: 60, directory: 'docs/specs' }, pulls: { pollIntervalSeconds: 30 } },
  // agents: { models: { simple: 'sonnet', complex: 'opus' }, maxDurationSeconds: 1800, contextPaths: [] },
  // concurrency: { agents: 4 },
  // approvals: { deadlineSeconds: 86400 },
  // setupCommand: ['yarn', 'install'],
  // shutdownTimeoutSeconds: 300,
} satisfies DecreeConfig;
`;
