import type { Place } from '../context.ts';

/** Of what has a page on GitHub and none here. */
export const pageScheme = 'decree:';

export const nodeId = (kind: string, id: number | string): string => Buffer.from(`${kind}:${id}`).toString('base64');

/** A user as GitHub shows one; a login that ends in `[bot]` is an App's. */
export function simpleUser(place: Place, api: string, login: string) {
  const user = place.users.of(login, place.now());
  const url = `${api}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: user.id,
    node_id: nodeId('User', user.id),
    avatar_url: `${api}/avatars/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${pageScheme}${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    user_view_type: 'public',
    site_admin: false,
  };
}

/** Bots act as what they are; the repository's owner and everybody else here may write. */
export const association = (place: Place, login: string): string =>
  login === place.repository.owner ? 'OWNER' : login.endsWith('[bot]') ? 'NONE' : 'COLLABORATOR';

/** The App behind a check run. */
export function integration(place: Place, api: string, login: string) {
  const slug = encodeURIComponent(login.replace(/\[bot\]$/, ''));
  return {
    id: 1,
    slug: login.replace(/\[bot\]$/, ''),
    node_id: nodeId('Integration', 1),
    owner: simpleUser(place, api, place.repository.owner),
    name: login.replace(/\[bot\]$/, ''),
    description: null,
    external_url: `${pageScheme}apps/${slug}`,
    html_url: `${pageScheme}apps/${slug}`,
    created_at: place.createdAt,
    updated_at: place.createdAt,
    permissions: {
      issues: 'write',
      checks: 'write',
      contents: 'write',
      pull_requests: 'write',
      statuses: 'write',
      metadata: 'read',
    },
    events: [],
  };
}
