import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnv, exec, processEnv } from '../../packages/control-plane/src/engine/system/index.ts';

const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A demo looks often, so that it is soon over; a real repository keeps the defaults. */
const config = `export default {
  sensors: {
    issues: { pollIntervalSeconds: 1 },
    specs: { pollIntervalSeconds: 1 },
    pulls: { pollIntervalSeconds: 1 },
  },
};
`;

/** The demo's repository: a small project of its own, with agents, gh.sh and config, committed. Made whole or not at all. */
export async function prepareProject(directory: string, options: { breakTest: boolean }): Promise<string> {
  const project = join(directory, 'project');
  if (await exists(project)) return project;
  const draft = join(directory, 'project.draft');
  await rm(draft, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await cp(join(repositoryRoot, 'examples/demo/project'), draft, { recursive: true });
  for (const part of ['.claude/agents', 'scripts/workflow']) {
    await cp(join(repositoryRoot, part), join(draft, part), {
      recursive: true,
      filter: (source) => !/\.env\.local$|\.token-cache/.test(source),
    });
  }
  await writeFile(join(draft, 'control-plane.config.ts'), config);
  if (options.breakTest) await breakTest(draft);
  await git(draft, ['init', '--quiet', '--initial-branch=main']);
  await git(draft, ['add', '--all']);
  await git(draft, ['commit', '--quiet', '--message=Begin textkit']);
  await rename(draft, project);
  return project;
}

/** Sabotage: a test of the project that no implementation can pass. */
async function breakTest(project: string): Promise<void> {
  const file = join(project, 'test/words.test.ts');
  await writeFile(
    file,
    `${await readFile(file, 'utf8')}\ntest('holds water', () => {\n  assert.equal(words('sieve').length, 0);\n});\n`,
  );
}

/** The person's own git, in the person's own repository. */
export async function git(directory: string, args: readonly string[]): Promise<string> {
  const person = {
    GIT_AUTHOR_NAME: 'Demo',
    GIT_AUTHOR_EMAIL: 'demo@localhost',
    GIT_COMMITTER_NAME: 'Demo',
    GIT_COMMITTER_EMAIL: 'demo@localhost',
  };
  const env = childEnv(processEnv(), { ...person, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' });
  const result = await exec('git', args, { cwd: directory, env });
  if (result.exitCode !== 0) throw new Error(`git ${args.join(' ')} failed in ${directory}: ${result.stderr.trim()}`);
  return result.stdout;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
