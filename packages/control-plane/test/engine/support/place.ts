import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A person's repository and a state directory beside it; engines come and go over it. */
export interface Place {
  readonly root: string;
  readonly repository: string;
  readonly state: string;
  /** Commits files on the person's default branch. */
  commit(files: Record<string, string | null>, message?: string): string;
  git(...args: string[]): string;
  remove(): void;
}

const definition = (role: string, tools: string) =>
  `---\ndescription: ${role} of a test\ntools: ${tools}\nmodel: scripted\nmaxTurns: 50\n---\nYou are the ${role}.\n`;

export function createPlace(files: Record<string, string> = {}): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'decree-e-')));
  const repository = join(root, 'repo');
  mkdirSync(repository);
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: '/nonexistent' },
    ...{ GIT_AUTHOR_NAME: 'Person', GIT_AUTHOR_EMAIL: 'person@example.com' },
    ...{ GIT_COMMITTER_NAME: 'Person', GIT_COMMITTER_EMAIL: 'person@example.com' },
  };
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'core.fsync=none', ...args], { cwd: repository, encoding: 'utf8', stdio: 'pipe', env }).trim();
  const commit: Place['commit'] = (changes, message = 'Change') => {
    for (const [name, text] of Object.entries(changes)) {
      if (text === null) rmSync(join(repository, name));
      else {
        mkdirSync(dirname(join(repository, name)), { recursive: true });
        writeFileSync(join(repository, name), text);
      }
    }
    git('add', '-A');
    git('commit', '--quiet', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  const script = join(repository, 'scripts/workflow/gh.sh');
  mkdirSync(dirname(script), { recursive: true });
  cpSync(fileURLToPath(new URL('../../../../../scripts/workflow/gh.sh', import.meta.url)), script);
  chmodSync(script, 0o755);
  commit({
    '.gitignore': '.worktrees/\n',
    'README.md': 'A project.\n',
    '.claude/agents/planner.md': definition('planner', 'Read, Bash'),
    '.claude/agents/implementor.md': definition('implementor', 'Read, Write, Bash'),
    '.claude/agents/reviewer.md': definition('reviewer', 'Read, Bash'),
    ...files,
  });
  return { root, repository, state: join(root, 's'), commit, git, remove: () => rmSync(root, { recursive: true, force: true }) };
}
