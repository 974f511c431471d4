import { type Git, runSettled } from './git.ts';

export interface GitPerson {
  name: string;
  email: string;
  date: string;
}

export interface GitCommit {
  sha: string;
  tree: string;
  parents: string[];
  author: GitPerson;
  committer: GitPerson;
  message: string;
}

const fields = ['%H', '%T', '%P', '%an', '%ae', '%at', '%cn', '%ce', '%ct', '%B'];
const format = `--format=tformat:${fields.join('%x00')}`;

/** One page of history, newest first, and whether there is more. */
export async function listCommits(
  git: Git,
  query: {
    from: string;
    except?: string;
    path?: string;
    since?: string;
    until?: string;
    author?: string;
    skip: number;
    limit: number;
    reverse?: boolean;
  },
): Promise<GitCommit[]> {
  const args = ['log', '-z', format, '--no-color', '--no-show-signature', '--no-notes'];
  if (query.since) args.push(`--since=${query.since}`);
  if (query.until) args.push(`--until=${query.until}`);
  if (query.author) args.push('--fixed-strings', `--author=${query.author}`);
  if (query.reverse) args.push('--reverse');
  else args.push(`--skip=${query.skip}`, `--max-count=${query.limit}`);
  args.push('--end-of-options', query.from);
  if (query.except) args.push(`^${query.except}`);
  if (query.path) args.push('--', query.path);
  const commits = parse(await git.run(args));
  return query.reverse ? commits.slice(query.skip, query.skip + query.limit) : commits;
}

export async function readCommit(git: Git, sha: string): Promise<GitCommit> {
  const [commit] = parse(
    await runSettled(git, ['log', '-z', '--no-walk', '--max-count=1', format, '--no-color', '--end-of-options', sha]),
  );
  if (!commit) throw new Error(`Expected commit ${sha} to be readable, got nothing from git log.`);
  return commit;
}

/** How many commits `head` has that `base` has not. */
export async function countCommits(git: Git, base: string, head: string): Promise<number> {
  return Number((await runSettled(git, ['rev-list', '--count', '--end-of-options', head, `^${base}`])).trim());
}

function parse(output: string): GitCommit[] {
  const values = output.split('\0');
  const commits: GitCommit[] = [];
  for (let start = 0; start + fields.length <= values.length; start += fields.length) {
    const [sha = '', tree = '', parents = '', an = '', ae = '', at = '', cn = '', ce = '', ct = '', body = ''] = values.slice(
      start,
      start + fields.length,
    );
    if (!sha) break;
    commits.push({
      sha,
      tree,
      parents: parents.split(' ').filter(Boolean),
      author: { name: an, email: ae, date: isoSeconds(Number(at)) },
      committer: { name: cn, email: ce, date: isoSeconds(Number(ct)) },
      message: body.replace(/\n$/, ''),
    });
  }
  return commits;
}

const isoSeconds = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
