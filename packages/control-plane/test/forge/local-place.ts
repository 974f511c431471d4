import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalForge, type LocalForge, type LocalForgeOptions } from '../../src/engine/forge/local/local-forge.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { systemRandom } from '../../src/engine/system/random.ts';

const gitEnv = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

export const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, env: gitEnv, encoding: 'utf8', stdio: 'pipe' }).trim();

/** A person's repository in a temporary directory, and how to commit to it. */
export function makeRepository(directory: string) {
  execFileSync('git', ['init', '-q', '-b', 'main', directory], { env: gitEnv });
  return {
    directory,
    objects: join(directory, '.git', 'objects'),
    git: (...args: string[]) => git(directory, ...args),
    /** Writes files (null removes one) and commits; resolves to the sha. */
    commit(files: Record<string, string | Buffer | null>, message = 'Change files'): string {
      for (const [path, content] of Object.entries(files)) {
        const file = join(directory, path);
        if (content === null) rmSync(file);
        else {
          execFileSync('mkdir', ['-p', join(file, '..')]);
          writeFileSync(file, content);
        }
      }
      git(directory, 'add', '-A');
      git(directory, 'commit', '-q', '--allow-empty', '-m', message);
      return git(directory, 'rev-parse', 'HEAD');
    },
  };
}

export type TestRepository = ReturnType<typeof makeRepository>;

/** A local forge seeded with one commit, over a person's repository; `dispose` removes all of it. */
export async function makeLocalPlace(options: Partial<LocalForgeOptions> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'decree-forge-'));
  const person = makeRepository(join(root, 'person'));
  person.commit(
    { 'README.md': '# Example\n', 'docs/specs/one.md': '---\nstatus: approved\n---\n# One\n', 'src/a.txt': 'one\ntwo\nthree\n' },
    'First',
  );
  const errors: unknown[] = [];
  const open = (): LocalForge =>
    createLocalForge({
      directory: join(root, 'forge'),
      repository: { owner: 'acme', name: 'example' },
      defaultBranch: 'main',
      clock: systemClock,
      random: systemRandom,
      env: process.env,
      onError: (error) => errors.push(error),
      ...options,
    });
  const place = { root, person, errors, forge: open() };
  await place.forge.syncDefaultBranch({ fromRepository: person.directory });
  return {
    place,
    /** One REST call; `body` is sent as JSON. */
    async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const answer = await place.forge.fetch(
        new Request(
          `http://forge.test${path.startsWith('/repos') || !path.startsWith('/~') ? path : `/repos/acme/example${path.slice(2)}`}`,
          {
            method,
            headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
            ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
          },
        ),
      );
      const text = await answer.text();
      const json = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
      // biome-ignore lint/suspicious/noExplicitAny: answers are checked against GitHub's schema elsewhere.
      return { status: answer.status, headers: answer.headers, body: json as any };
    },
    /** Commits on a branch of the person's repository and hands it to the forge as a push. */
    async push(branch: string, files: Record<string, string | Buffer | null>, message?: string) {
      const { directory } = person;
      const exists = git(directory, 'branch', '--list', branch) !== '';
      git(directory, 'checkout', '-q', ...(exists ? [branch] : ['-b', branch, 'main']));
      const sha = person.commit(files, message);
      git(directory, 'checkout', '-q', 'main');
      return { sha, result: await place.forge.receive({ sha, ref: `refs/heads/${branch}`, fromObjects: person.objects }) };
    },
    async reopen() {
      await place.forge.close();
      place.forge = open();
    },
    async dispose() {
      await place.forge.close();
      rmSync(root, { recursive: true, force: true });
      if (errors.length > 0) throw errors[0];
    },
  };
}

export type LocalPlace = Awaited<ReturnType<typeof makeLocalPlace>>;
