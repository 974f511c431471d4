import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunContext } from '../../examples/demo/model/run-prompt.ts';
import { type ScriptedModel, type ScriptedModelOptions, startScriptedModel } from '../../examples/demo/model/scripted-model.ts';
import { exec } from '../../packages/control-plane/src/engine/system/process.ts';
import { type FakeForge, openFakeForge } from './fake-forge.ts';

const root = join(import.meta.dirname, '..', '..');

export interface World {
  folder: string;
  /** The demo's project, a git repository with a bare one as its origin. */
  project: string;
  forge: FakeForge;
  model: ScriptedModel;
  env: Record<string, string>;
  git(cwd: string, ...args: string[]): Promise<string>;
  /** A worktree on the branch, made if it is not there. */
  worktree(branch: string): Promise<string>;
  close(): Promise<void>;
}

export async function makeWorld(options: ScriptedModelOptions = {}): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'demo-model-')));
  const project = join(folder, 'project');
  await cp(join(root, 'examples/demo/project'), project, { recursive: true });
  await cp(join(root, 'scripts/workflow'), join(project, 'scripts/workflow'), { recursive: true });
  const forge = await openFakeForge();
  const model = await startScriptedModel(options);
  const env: Record<string, string> = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Implementor',
    GIT_AUTHOR_EMAIL: 'implementor@example.invalid',
    GIT_COMMITTER_NAME: 'Implementor',
    GIT_COMMITTER_EMAIL: 'implementor@example.invalid',
    DECREE_SOCKET: forge.socket,
    DECREE_AGENT_BIN: join(root, 'packages/control-plane/bin/agent'),
    GH_TOKEN: 'run-token',
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    CLAUDE_CODE_MAX_RETRIES: '1',
  };
  const git = async (cwd: string, ...args: string[]) => {
    const outcome = await exec('git', args, { cwd, env });
    if (outcome.exitCode !== 0) throw new Error(`git ${args.join(' ')}: ${outcome.stderr}`);
    return outcome.stdout.trim();
  };
  const addWorktree = async (branch: string) => {
    const path = join(project, '.worktrees', branch);
    if ((await git(project, 'worktree', 'list', '--porcelain')).includes(path)) return path;
    const exists = (await git(project, 'branch', '--list', branch)) !== '';
    await git(project, 'worktree', 'add', '-q', ...(exists ? [path, branch] : ['-b', branch, path, 'main']));
    return path;
  };
  let worktrees = Promise.resolve('');
  await mkdir(join(folder, 'origin.git'));
  await git(join(folder, 'origin.git'), 'init', '-q', '--bare', '-b', 'main');
  await git(project, 'init', '-q', '-b', 'main');
  await git(project, 'add', '-A');
  await git(project, 'commit', '-q', '-m', 'Start');
  await git(project, 'remote', 'add', 'origin', join(folder, 'origin.git'));
  await git(project, 'push', '-q', 'origin', 'main');
  return {
    folder,
    project,
    forge,
    model,
    env,
    git,
    worktree(branch) {
      // One after the other: two `git worktree add` at once can read each other's half-made files, and fail.
      worktrees = worktrees.then(() => addWorktree(branch));
      return worktrees;
    },
    async close() {
      await model.close();
      await forge.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A prompt of the form that the engine gives. */
export function formatPrompt(context: RunContext): string {
  return `# Decree run: ${context.role}\n\nDo your part.\n\n\`\`\`\`decree-context\n${JSON.stringify(context, null, 2)}\n\`\`\`\`\n`;
}

export async function plannerContext({ project, forge, git }: World): Promise<RunContext> {
  const path = 'docs/specs/reading-aids.md';
  const openTaskIssues = forge.issues.map(({ number, title, labels, body }) => ({ number, title, labels, body }));
  return {
    role: 'planner',
    repository: 'acme/textkit',
    specs: [{ path, content: await git(project, 'show', `main:${path}`) }],
    openTaskIssues,
  };
}

export async function taskContext(
  { project, forge, git }: World,
  role: 'implementor' | 'reviewer',
  title: string,
): Promise<RunContext> {
  const issue = forge.issues.find((each) => each.title === title);
  if (!issue) throw new Error(`There is no issue titled ${title}`);
  const branch = `issue-${issue.number}`;
  const pull = forge.pulls.find(({ body }) => body.startsWith(`Closes #${issue.number}\n`));
  const { number, body, labels } = issue;
  const context: RunContext = {
    role,
    repository: 'acme/textkit',
    issue: { number, title, body, labels: [...labels] },
    branch,
    baseBranch: 'main',
    attempt: 1,
  };
  if (!pull) return context;
  const changed = (await git(project, 'diff', '--name-only', `main...origin/${branch}`)).split('\n');
  const reviews = pull.reviews.map((review) => ({ state: 'COMMENTED', body: review.body, author: 'decree[bot]' }));
  return {
    ...context,
    pull: {
      number: pull.number,
      head: pull.head,
      files: changed.map((path) => ({ path, patch: '' })),
      reviews,
      comments: [],
      failedChecks: [],
    },
  };
}
