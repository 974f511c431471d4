import type { Context, Hono } from 'hono';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import type { RepositoryName } from '../shapes.ts';
import type { Git } from './git/git.ts';
import type { CheckStore } from './store/check-store.ts';
import type { IssueStore } from './store/issue-store.ts';
import type { PullStore } from './store/pull-store.ts';
import type { UserStore } from './store/user-store.ts';

/** What every route of the local forge works on. */
export interface Place {
  repository: RepositoryName;
  defaultBranch: string;
  createdAt: string;
  git: Git;
  issues: IssueStore;
  pulls: PullStore;
  checks: CheckStore;
  users: UserStore;
  clock: Clock;
  random: Random;
  /** GitHub's times have no fraction. */
  now(): string;
  /** One mover of refs at a time. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

export interface RequestVariables {
  Variables: { actor: string; token: string };
}

export type Routes = Hono<RequestVariables>;
export type RouteContext = Context<RequestVariables>;

/** Where links in an answer start: as the caller addressed us, so that following them comes back here. */
export const apiRoot = (c: RouteContext): string => new URL(c.req.url).origin;

/** Tasks run one after the other, in the order in which they came; a failed one does not hold up the next. */
export function createLock(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  };
}
