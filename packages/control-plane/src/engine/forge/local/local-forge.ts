import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../system/clock.ts';
import type { Env } from '../../system/env.ts';
import type { Random } from '../../system/random.ts';
import type { RepositoryName } from '../shapes.ts';
import { createApp } from './app.ts';
import { createLock, type Place } from './context.ts';
import { createGit } from './git/git.ts';
import { type ReceiveResult, receive } from './git/receive.ts';
import { branchHead, isAncestor, isBranchName } from './git/refs.ts';
import { openSource, SourceUnreadable } from './git/source.ts';
import { clearLeftovers, joinPacks } from './git/tidy.ts';
import { settlePulls } from './pull-life.ts';
import { createRateLimits } from './rate-limit.ts';
import { createCheckStore } from './store/check-store.ts';
import { openDatabase } from './store/database.ts';
import { createIssueStore } from './store/issue-store.ts';
import { createPullStore } from './store/pull-store.ts';
import { createUserStore } from './store/user-store.ts';

export interface LocalForgeOptions {
  /** Where the bare repository (`repository.git`) and the file (`forge.sqlite`) live; made when missing. One process at a time. */
  directory: string;
  repository: RepositoryName;
  defaultBranch: string;
  clock: Clock;
  random: Random;
  env: Env;
  /** The login of a caller that names none (`x-decree-actor`). Default `decree[bot]`. */
  defaultActor?: string;
  /** Calls an hour for each token. Default 5000, as GitHub's. */
  rateLimit?: number;
  /** When set, callers must present it as a bearer token. */
  token?: string;
  /** Told of faults of our own, which callers see as 500. */
  onError: (error: unknown) => void;
}

export interface LocalForge {
  /** Answers one REST request. Rejects with the request's signal's reason when that is aborted already. */
  fetch(request: Request): Promise<Response>;
  /**
   * Accepts a push of one branch: copies the objects from another object directory, checks them, and moves the branch, never
   * forced, never deleted. The same push again is `unchanged`.
   */
  receive(push: { sha: string; ref: string; fromObjects: string; actor?: string; signal?: AbortSignal }): Promise<ReceiveResult>;
  /** Takes over the person's default branch when it has moved ahead; the first time seeds the repository. */
  syncDefaultBranch(from: { fromRepository: string; branch?: string; signal?: AbortSignal }): Promise<SyncResult>;
  /** Waits for what is under way, then lets go of the file. */
  close(): Promise<void>;
  /** The bare repository. */
  readonly gitDirectory: string;
  readonly repository: RepositoryName;
  readonly defaultBranch: string;
}

export interface SyncResult {
  outcome: 'unchanged' | 'advanced' | 'diverged';
  /** The forge's default branch before; null when it was empty. */
  before: string | null;
  /** The forge's default branch now. */
  after: string | null;
  /** The person's branch. */
  source: string;
}

/** A small GitHub of our own over a bare repository and a SQLite file. */
export function createLocalForge(options: LocalForgeOptions): LocalForge {
  if (!isBranchName(options.defaultBranch))
    throw new Error(`Expected a branch name as default branch, got ${JSON.stringify(options.defaultBranch)}.`);
  const gitDirectory = join(options.directory, 'repository.git');
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  layBareRepository(gitDirectory, options.defaultBranch);
  const db = openDatabase(join(options.directory, 'forge.sqlite'));
  const { clock, random, repository, defaultBranch } = options;
  const now = () => `${clock.now().slice(0, 19)}Z`;
  const users = createUserStore(db);
  users.remember('created_at', now());
  const place: Place = {
    repository,
    defaultBranch,
    createdAt: users.remembered('created_at') ?? now(),
    git: createGit(gitDirectory, options.env),
    issues: createIssueStore(db),
    pulls: createPullStore(db),
    checks: createCheckStore(db),
    users,
    clock,
    random,
    now,
    exclusive: createLock(),
  };
  const ready = place.exclusive(async () => {
    await clearLeftovers(place.git, clock);
    await settlePulls(place, repository.owner);
  });
  const tidied = place.exclusive(() => joinPacks(place.git));
  for (const work of [ready, tidied]) work.catch(options.onError);
  const app = createApp({
    place,
    limits: createRateLimits(clock, options.rateLimit ?? 5000),
    ready,
    defaultActor: options.defaultActor ?? 'decree[bot]',
    ...(options.token !== undefined && { token: options.token }),
    onError: options.onError,
  });

  let closed = false;
  const underWay = new Set<Promise<unknown>>([ready, tidied]);
  const track = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) return Promise.reject(new Error('Expected an open local forge, got one that was closed.'));
    const task = work();
    underWay.add(task);
    const done = () => underWay.delete(task);
    task.then(done, done);
    return task;
  };

  const take = (
    push: { sha: string; ref: string; fromObjects: string },
    how: { strict: boolean; by: string; signal: AbortSignal | undefined },
  ) =>
    place.exclusive(async () => {
      const result = await receive(place.git, push, { random, strict: how.strict, ...(how.signal && { signal: how.signal }) });
      if (result.outcome === 'advanced' || result.outcome === 'unchanged') await settlePulls(place, how.by);
      return result;
    });

  return {
    gitDirectory,
    repository,
    defaultBranch,
    fetch: (request) =>
      track(async () => {
        request.signal.throwIfAborted();
        return app.fetch(request);
      }),
    receive: ({ actor, signal, ...push }) =>
      track(() => take(push, { strict: true, by: actor ?? options.defaultActor ?? 'decree[bot]', signal })),
    syncDefaultBranch: ({ fromRepository, branch = defaultBranch, signal }) =>
      track(async () => {
        const source = await openSource(fromRepository);
        const sha = await source.branchHead(branch);
        if (!sha)
          throw new SourceUnreadable(
            `Expected ${fromRepository} to have a branch ${branch} with a commit, found none. Commit something there, or name the default branch in the config.`,
          );
        const before = await branchHead(place.git, defaultBranch);
        if (before && (before === sha || (await isAncestor(place.git, sha, before))))
          return { outcome: 'unchanged', before, after: before, source: sha };
        const result = await take(
          { sha, ref: `refs/heads/${defaultBranch}`, fromObjects: source.objects },
          { strict: false, by: repository.owner, signal },
        );
        if (result.outcome !== 'refused')
          return { outcome: result.outcome === 'unchanged' ? 'unchanged' : 'advanced', before, after: result.after, source: sha };
        if (result.reason === 'not_fast_forward') return { outcome: 'diverged', before, after: before, source: sha };
        throw new SourceUnreadable(`${fromRepository} could not be read: ${result.message}`);
      }),
    async close() {
      closed = true;
      await Promise.allSettled([...underWay]);
      db.close();
    },
  };
}

/** What `git init --bare` makes, without its templates: no hooks, no configuration but the format. */
function layBareRepository(directory: string, defaultBranch: string): void {
  if (existsSync(join(directory, 'HEAD'))) return;
  for (const part of ['objects/pack', 'objects/info', 'refs/heads', 'refs/tags', 'incoming'])
    mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'config'), '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n');
  writeFileSync(join(directory, 'HEAD'), `ref: refs/heads/${defaultBranch}\n`);
}
