import type { Place } from '../context.ts';
import { nodeId, pageScheme, simpleUser } from './people.ts';

export const repositoryUrl = (place: Place, api: string): string =>
  `${api}/repos/${place.repository.owner}/${place.repository.name}`;
/** A name, not an address: nobody serves pages of a local forge, and a stranger's page must not open for one. */
export const pageUrl = (place: Place): string => `${pageScheme}${place.repository.owner}/${place.repository.name}`;

/** The address templates of a repository, by GitHub's field name. */
const templates: Record<string, string> = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

/** What GitHub shows of a repository inside other answers. */
export function minimalRepository(place: Place, api: string) {
  const url = repositoryUrl(place, api);
  return {
    id: 1,
    node_id: nodeId('Repository', 1),
    name: place.repository.name,
    full_name: `${place.repository.owner}/${place.repository.name}`,
    private: true,
    owner: simpleUser(place, api, place.repository.owner),
    html_url: pageUrl(place),
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(templates).map(([name, path]) => [`${name}_url`, url + path])),
  };
}

/** The whole repository. Times are its birth, so that an unchanged repository has an unchanged answer. */
export function fullRepository(place: Place, api: string) {
  const open = place.issues.openCount();
  return {
    ...minimalRepository(place, api),
    created_at: place.createdAt,
    updated_at: place.createdAt,
    pushed_at: place.createdAt,
    git_url: `git:${place.repository.owner}/${place.repository.name}.git`,
    ssh_url: `git@localhost:${place.repository.owner}/${place.repository.name}.git`,
    clone_url: `${pageUrl(place)}.git`,
    svn_url: pageUrl(place),
    homepage: null,
    mirror_url: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    subscribers_count: 0,
    network_count: 0,
    language: null,
    license: null,
    has_issues: true,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    forks: 0,
    watchers: 0,
    archived: false,
    disabled: false,
    visibility: 'private',
    open_issues_count: open,
    open_issues: open,
    default_branch: place.defaultBranch,
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: false,
    permissions: { admin: false, maintain: false, push: true, triage: true, pull: true },
  };
}
