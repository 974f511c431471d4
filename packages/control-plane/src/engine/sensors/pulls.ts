import type { PullSighting } from '@decree/contracts';
import { linkedIssues } from '../forge/linked-issues.ts';
import type { Pull } from '../forge/shapes.ts';
import type { Look, LookOptions } from './sensor.ts';

/** All open pull requests, drafts too, with their CI. A head that was green is not asked about again. */
export function createPullsLook(options: LookOptions): Look {
  const { forge, ledger, record, repositoryId } = options;
  let version: string | undefined;

  return async (signal) => {
    const answer = await forge.listPulls({ signal, ...(version && { known: version }) });
    const { state } = await ledger.openState();
    const known = new Map(
      Object.values(state.pulls)
        .filter((pull) => pull.repositoryId === repositoryId)
        .map((pull) => [pull.number, pull]),
    );
    for (const pull of answer.value) {
      const before = known.get(pull.number);
      const green = before?.headSha === pull.head.sha && before.ci === 'success';
      const ci = green ? 'success' : (await forge.checks(pull.head.sha, { signal })).state;
      const sighting = sightingOf(pull, ci);
      if (!before || differs(before, sighting))
        await ledger.commit({ events: [record('source.pull_changed', { pull: sighting }, await aboutPull(sighting))] });
    }
    const open = new Set(answer.value.map((pull) => pull.number));
    for (const pull of known.values()) {
      if (open.has(pull.number)) continue;
      const { merged } = await forge.getPull(pull.number, { signal });
      await ledger.commit({ events: [record('source.pull_removed', { number: pull.number, merged }, await aboutPull(pull))] });
    }
    version = answer.version;
  };

  /** A pull request belongs to the first task that it closes. */
  async function aboutPull(pull: PullSighting) {
    for (const issue of pull.issues) {
      const task = await ledger.taskOfIssue(repositoryId, issue);
      if (task) return { repositoryId, correlationId: task.correlationId, taskId: task.id };
    }
    return { repositoryId, correlationId: options.random.uuidv7() };
  }

  function sightingOf(pull: Pull, ci: PullSighting['ci']): PullSighting {
    return {
      repositoryId,
      number: pull.number,
      title: pull.title.slice(0, 256),
      author: pull.author,
      headRef: pull.head.ref,
      headSha: pull.head.sha,
      baseRef: pull.base.ref,
      draft: pull.draft,
      ci,
      issues: linkedIssues(pull.body, forge.repository),
      createdAt: pull.createdAt,
      url: pull.url,
      seenAt: options.clock.now(),
    };
  }
}

const differs = (a: PullSighting, b: PullSighting): boolean =>
  a.headSha !== b.headSha ||
  a.ci !== b.ci ||
  a.draft !== b.draft ||
  a.title !== b.title ||
  a.headRef !== b.headRef ||
  a.issues.join() !== b.issues.join();
