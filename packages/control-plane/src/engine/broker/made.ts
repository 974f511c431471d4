import type { Action, Artifact, ArtifactKind } from '@decree/contracts';
import type { Forge, RawAnswer } from '../forge/port.ts';
import type { About } from '../record.ts';
import { type Answer, markOf } from './effects.ts';

/** What a forge answered to a write that made something. */
export interface CarriedAnswer extends Answer {
  raw: RawAnswer;
}

/** Actions that make something new each time they are done: repeated by the model, they are answered and not done again. */
export const creating: readonly Action['kind'][] = [
  'forge.issue.create',
  'forge.comment.create',
  'forge.pull.create',
  'forge.review.create',
];

const artifactOf: Partial<Record<string, ArtifactKind>> = {
  'forge.issue.create': 'issue',
  'forge.comment.create': 'comment',
  'forge.pull.create': 'pull_request',
  'forge.review.create': 'review',
};

export interface NewArtifact {
  id: string;
  recordedAt: string;
}

/** The artifact that an action of this kind has made; null when it makes none. */
export function madeArtifact(
  kind: string,
  raw: RawAnswer,
  { about, summary, id, recordedAt }: NewArtifact & { about: About; summary: string },
): Artifact | null {
  const made = artifactOf[kind];
  if (!made || !isMade(raw.body) || about.repositoryId === null) return null;
  const { number, id: madeId, html_url: url, title } = raw.body;
  return {
    ...{ id, kind: made, repositoryId: about.repositoryId, taskId: about.taskId ?? null, runId: about.runId ?? null },
    correlationId: about.correlationId,
    recordedAt,
    reference: number === undefined ? `${made}:${madeId}` : `#${number}`,
    title: (title ?? summary).slice(0, 500),
    url: url ?? null,
  };
}

export function carried(raw: RawAnswer): CarriedAnswer {
  return { status: raw.status, location: apiPath(raw.body), raw };
}

/** Looks in a list of the forge for what carries the mark of this key. */
export async function findMarked(forge: Forge, kind: string, path: string, key: string): Promise<CarriedAnswer | null> {
  // A reply stands among the comments, and what ends a review among the reviews.
  const list = (path.split('?')[0] ?? path)
    .replace(/\/comments\/\d+\/replies$/, '/comments')
    .replace(/\/reviews\/\d+\/events$/, '/reviews');
  const query = kind === 'forge.issue.create' || kind === 'forge.pull.create' ? '?state=all&per_page=100' : '?per_page=100';
  for (let page = 1; page <= 50; page += 1) {
    const answer = await forge.request('GET', `${list}${query}&page=${page}`);
    if (answer.status !== 200 || !Array.isArray(answer.body)) return null;
    const found = answer.body.find((item: unknown) => isBodied(item) && (item.body ?? '').includes(markOf(key)));
    if (found) return carried({ ...answer, status: 201, body: found });
    if (answer.body.length < 100) return null;
  }
  return null;
}

/** The `url` that GitHub's answers carry, as a path below the API root. */
function apiPath(body: unknown): string | null {
  if (!isMade(body) || typeof body.url !== 'string') return null;
  const at = body.url.indexOf('/repos/');
  return at < 0 ? null : body.url.slice(at);
}

const isBodied = (item: unknown): item is { body: string | null } =>
  typeof item === 'object' && item !== null && 'body' in item && (typeof item.body === 'string' || item.body === null);
const isMade = (body: unknown): body is { number?: number; id?: number; url?: string; html_url?: string; title?: string } =>
  typeof body === 'object' && body !== null && !Array.isArray(body);
