import { Hono } from 'hono';
import { ApiError, documentation, notFound, refusal } from './answers.ts';
import type { Place, RequestVariables, Routes } from './context.ts';
import { type RateLimits, rateAndEtag } from './rate-limit.ts';
import { checkRoutes } from './routes/checks.ts';
import { contentRoutes } from './routes/contents.ts';
import { gitDataRoutes } from './routes/git-data.ts';
import { issueRoutes } from './routes/issues.ts';
import { labelRoutes } from './routes/labels.ts';
import { pullRoutes } from './routes/pulls.ts';
import { repositoryRoutes } from './routes/repository.ts';
import { reviewRoutes } from './routes/reviews.ts';

export interface AppOptions {
  place: Place;
  limits: RateLimits;
  /** Resolves when what a crash left half done is finished. */
  ready: Promise<void>;
  defaultActor: string;
  /** When set, every other bearer token is answered 401. */
  token?: string;
  onError: (error: unknown) => void;
}

/** The REST subset as one Hono app. */
export function createApp({ place, limits, ready, defaultActor, token, onError }: AppOptions): Routes {
  const app = new Hono<RequestVariables>();
  app.onError((error, c) => {
    if (error instanceof ApiError) return refusal(c, error);
    onError(error);
    return c.json({ message: 'Server Error', documentation_url: documentation }, 500);
  });
  app.notFound((c) => refusal(c, notFound()));

  app.use(async (c, next) => {
    await ready;
    const given = /^(?:bearer|token) (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    const actor = c.req.header('x-decree-actor') ?? defaultActor;
    if ((token !== undefined && given !== token) || !isLogin(actor)) {
      return c.json({ message: 'Bad credentials', documentation_url: documentation, status: '401' }, 401);
    }
    c.set('actor', actor);
    c.set('token', `${actor} ${given}`);
    return next();
  });
  app.use(rateAndEtag(limits, place.issues.changes));
  const { owner, name } = place.repository;
  app.use('/repos/:owner/:repo/*', async (c, next) => {
    const asked = `${c.req.param('owner')}/${c.req.param('repo')}`.toLowerCase();
    if (asked !== `${owner}/${name}`.toLowerCase()) throw notFound();
    return next();
  });

  repositoryRoutes(app, place, limits);
  labelRoutes(app, place);
  issueRoutes(app, place);
  pullRoutes(app, place);
  reviewRoutes(app, place);
  checkRoutes(app, place);
  contentRoutes(app, place);
  gitDataRoutes(app, place);
  return app;
}

const isLogin = (login: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(\[bot\])?$/.test(login);
