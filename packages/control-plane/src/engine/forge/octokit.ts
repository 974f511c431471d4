import { isUtf8 } from 'node:buffer';
import type { Clock } from '../system/clock.ts';
import type { Operations } from '../system/operations.ts';
import { ForgeRefused } from './errors.ts';
import {
  blobAnswer,
  commentAnswer,
  commitAnswer,
  fileAnswer,
  inlineAnswer,
  issueAnswer,
  mergeAnswer,
  pullAnswer,
  pullDetailAnswer,
  repositoryAnswer,
  reviewAnswer,
} from './octokit-answers.ts';
import { createCaller } from './octokit-call.ts';
import { checkCalls } from './octokit-checks.ts';
import { labelCalls } from './octokit-labels.ts';
import { type FetchLike, type ForgeCredential, githubPacing, type Pacing } from './octokit-load.ts';
import { createPages, parse } from './octokit-pages.ts';
import { createTrees } from './octokit-tree.ts';
import type { Forge } from './port.ts';
import type { RepositoryName } from './shapes.ts';

export interface OctokitForgeOptions {
  repository: RepositoryName;
  credential: ForgeCredential;
  clock: Clock;
  /** Default https://api.github.com; an Enterprise server's ends in /api/v3. */
  apiUrl?: string;
  /** Default the platform's. The local forge's is `(url, init) => local.fetch(new Request(url, init))`. */
  fetch?: FetchLike;
  /** Default GitHub's; null for a forge without limits. */
  pacing?: Pacing | null;
  /** Remembers writes, where somebody wants to read of them. */
  operations?: Pick<Operations, 'begin'>;
  /** One answer, retries not counted. Default 30,000 ms. */
  requestTimeoutMs?: number;
}

/** The forge over GitHub's REST interface, which GitHub, Enterprise servers and the local forge speak. */
export function createOctokitForge(options: OctokitForgeOptions): Forge {
  const apiUrl = (options.apiUrl ?? 'https://api.github.com').replace(/\/+$/, '');
  const caller = createCaller({
    baseUrl: apiUrl,
    credential: options.credential,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    clock: options.clock,
    operations: options.operations,
    pacing: options.pacing === undefined ? githubPacing : options.pacing,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
  });
  const root = `/repos/${encodeURIComponent(options.repository.owner)}/${encodeURIComponent(options.repository.name)}`;
  const pages = createPages(caller, apiUrl);
  const trees = createTrees(pages, root);
  const write = async (method: string, path: string, body: unknown, call: Parameters<typeof caller.send>[1]) =>
    (await caller.send({ method, path, body }, call)).data;

  return {
    repository: options.repository,
    apiUrl,
    rateLimit: caller.rateLimit,

    repositoryInfo: async (call) => (await pages.one(root, repositoryAnswer, call)).value,

    async listIssues({ label, state = 'open' }, call) {
      const filter = label === undefined ? '' : `&labels=${encodeURIComponent(label)}`;
      const { value, ...rest } = await pages.all(
        `${root}/issues?state=${state}${filter}&sort=created&direction=desc`,
        issueAnswer,
        call,
      );
      return { ...rest, value: value.filter((issue) => !issue.isPull) };
    },
    getIssue: async (number, call) => (await pages.one(`${root}/issues/${number}`, issueAnswer, call)).value,
    createIssue: async (issue, call) => parse(issueAnswer, await write('POST', `${root}/issues`, issue, call), 'issues'),
    async updateIssue(number, { stateReason, ...update }, call) {
      const body = { ...update, ...(stateReason && { state_reason: stateReason }) };
      return parse(issueAnswer, await write('PATCH', `${root}/issues/${number}`, body, call), 'issues');
    },

    ...labelCalls(caller, pages, root),

    listComments: async (number, call) => (await pages.all(`${root}/issues/${number}/comments`, commentAnswer, call)).value,
    createComment: async (number, body, call) =>
      parse(commentAnswer, await write('POST', `${root}/issues/${number}/comments`, { body }, call), 'comments'),

    listPulls: (call) => pages.all(`${root}/pulls?state=open&sort=created&direction=desc`, pullAnswer, call),
    getPull: async (number, call) => (await pages.one(`${root}/pulls/${number}`, pullDetailAnswer, call)).value,
    createPull: async (pull, call) => parse(pullAnswer, await write('POST', `${root}/pulls`, pull, call), 'pulls'),
    pullFiles: async (number, call) => (await pages.all(`${root}/pulls/${number}/files`, fileAnswer, call)).value,
    listReviews: async (number, call) => (await pages.all(`${root}/pulls/${number}/reviews`, reviewAnswer, call)).value,
    listInlineComments: async (number, call) => (await pages.all(`${root}/pulls/${number}/comments`, inlineAnswer, call)).value,
    async createReview(number, { event, body, commitSha, comments }, call) {
      const review = {
        event: event.toUpperCase(),
        body,
        ...(commitSha && { commit_id: commitSha }),
        ...(comments && { comments }),
      };
      return parse(reviewAnswer, await write('POST', `${root}/pulls/${number}/reviews`, review, call), 'reviews');
    },
    async mergePull(number, { method, sha, title, message }, call) {
      const body = {
        merge_method: method,
        ...(sha && { sha }),
        ...(title && { commit_title: title }),
        ...(message && { commit_message: message }),
      };
      return parse(mergeAnswer, await write('PUT', `${root}/pulls/${number}/merge`, body, call), 'merge');
    },

    ...checkCalls(caller, pages, root),

    directoryTree: (directory, branch, call = {}) => trees.directory(directory, branch, call),
    branchHead: (branch, call = {}) => trees.head(branch, call),
    async readBlob(sha, call) {
      const path = `${root}/git/blobs/${encodeURIComponent(sha)}`;
      const blob = parse(blobAnswer, (await caller.send({ method: 'GET', path }, call)).data, path);
      const bytes = Buffer.from(blob.content, blob.encoding === 'base64' ? 'base64' : 'utf8');
      return { sha: blob.sha, size: blob.size, text: isUtf8(bytes) ? bytes.toString('utf8') : null };
    },
    async lastCommit(path, branch, call) {
      const query = new URLSearchParams({ path, sha: branch, per_page: '1' });
      const { data } = await caller.send({ method: 'GET', path: `${root}/commits?${query}` }, call);
      return parse(commitAnswer.array(), data, 'commits')[0] ?? null;
    },

    async request(method, path, body, { headers, ...call } = {}) {
      refuseOddPath(method, path);
      const answer = await caller.carry(
        { method: method.toUpperCase(), path, body, ...(headers && { headers }), once: true },
        call,
      );
      const entries = Object.entries(answer.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]],
      );
      return { status: answer.status, headers: Object.fromEntries(entries), body: answer.data };
    },
  };
}

/** A path that would mean something else once a URL is made of it: what was decided about would not be what is asked. */
function refuseOddPath(method: string, path: string): void {
  const [pathname = ''] = path.split('?', 1);
  const dots = pathname.split('/').some((part) => /^(?:\.|%2e){1,2}$/i.test(part));
  if (
    /^(?:GET|HEAD|POST|PUT|PATCH|DELETE)$/i.test(method) &&
    path.startsWith('/') &&
    !path.startsWith('//') &&
    !dots &&
    !/[\\#\s]/.test(path)
  )
    return;
  throw new ForgeRefused(
    `Expected a method and a path such as /repos/o/r/issues, got ${JSON.stringify(`${method} ${path.slice(0, 200)}`)}.`,
    { status: 400 },
  );
}
