import type { Place } from '../context.ts';
import type { CheckRunRow, StatusRow } from '../store/check-store.ts';
import { integration, nodeId, simpleUser } from './people.ts';
import { pageUrl, repositoryUrl } from './repository.ts';

export function checkRunShape(place: Place, api: string, run: CheckRunRow) {
  const url = `${repositoryUrl(place, api)}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.head_sha,
    external_id: run.external_id,
    url,
    html_url: `${pageUrl(place)}/runs/${run.id}`,
    details_url: run.details_url,
    name: run.name,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.started_at,
    completed_at: run.completed_at,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: 1 },
    app: integration(place, api, run.creator),
    pull_requests: [],
  };
}

export function statusShape(place: Place, api: string, status: StatusRow) {
  const creator = simpleUser(place, api, status.creator);
  return { ...simpleStatusShape(place, api, status), avatar_url: creator.avatar_url, creator };
}

export function simpleStatusShape(place: Place, api: string, status: StatusRow) {
  return {
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    url: `${repositoryUrl(place, api)}/statuses/${status.sha}`,
    avatar_url: simpleUser(place, api, status.creator).avatar_url,
    state: status.state,
    description: status.description,
    target_url: status.target_url,
    context: status.context,
    created_at: status.created_at,
    updated_at: status.created_at,
  };
}

/** GitHub's rule: error or failure → failure; any pending, or none at all → pending; else success. */
export function combinedState(latest: readonly StatusRow[]): 'failure' | 'pending' | 'success' {
  if (latest.some(({ state }) => state === 'error' || state === 'failure')) return 'failure';
  return latest.length === 0 || latest.some(({ state }) => state === 'pending') ? 'pending' : 'success';
}
