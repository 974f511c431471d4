import { statusOf } from '@decree/contracts';
import { ForgeNotFound } from '../forge/errors.ts';
import { chooseLinkedPull, pullsForIssue } from '../forge/linked-issues.ts';
import type { Forge } from '../forge/port.ts';
import type { Pull } from '../forge/shapes.ts';
import type { Aftermath } from '../workflow/outcome.ts';

/** The linked pull request that counts, asked for afresh. */
export async function findLinkedPull(forge: Forge, issue: number, signal?: AbortSignal): Promise<Pull | null> {
  const pulls = await forge.listPulls(signal ? { signal } : {});
  // A fork's branch is not ours to go on with, and its words close nothing here.
  const own = pulls.value.filter((pull) => pull.sameRepository);
  return chooseLinkedPull(pullsForIssue(own, issue, forge.repository)) ?? null;
}

/** What is true on the forge now of an issue. */
export async function readAftermath(
  forge: Forge,
  issue: number | null,
  signal?: AbortSignal,
): Promise<Aftermath & { headSha: string | null }> {
  if (issue === null) return { status: null, pull: null, headSha: null };
  const options = signal ? { signal } : {};
  // An issue that was deleted or moved away has no status: nothing is waited for, and nothing can be set on it.
  const gone = (error: unknown) => {
    if (error instanceof ForgeNotFound) return { labels: [] };
    throw error;
  };
  const [{ labels }, pull] = await Promise.all([
    forge.getIssue(issue, options).catch(gone),
    findLinkedPull(forge, issue, signal),
  ]);
  return { status: statusOf(labels), pull: pull && { number: pull.number, draft: pull.draft }, headSha: pull?.head.sha ?? null };
}
