import type { Place } from '../context.ts';
import type { GitCommit } from '../git/commits.ts';
import type { FileChange } from '../git/diff.ts';
import { nodeId } from './people.ts';
import { pageUrl, repositoryUrl } from './repository.ts';

export function commitShape(place: Place, api: string, commit: GitCommit) {
  const url = `${repositoryUrl(place, api)}/commits/${commit.sha}`;
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url,
    html_url: `${pageUrl(place)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${repositoryUrl(place, api)}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${repositoryUrl(place, api)}/git/trees/${commit.tree}` },
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    // Addresses in commits are claims; no account of the forge stands behind them.
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${repositoryUrl(place, api)}/commits/${sha}`,
      html_url: `${pageUrl(place)}/commit/${sha}`,
    })),
  };
}

export function fileShape(place: Place, api: string, file: FileChange, at: string) {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${pageUrl(place)}/blob/${at}/${path}`,
    raw_url: `${pageUrl(place)}/raw/${at}/${path}`,
    contents_url: `${repositoryUrl(place, api)}/contents/${path}?ref=${at}`,
    ...(file.previousPath !== null && { previous_filename: file.previousPath }),
    ...(file.patch !== null && { patch: file.patch }),
  };
}
