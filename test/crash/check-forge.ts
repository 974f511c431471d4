import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { type Places, twice } from './check-ledger.ts';

const run = promisify(execFile);

/** Three issues, two pull requests, both merged; nothing that carries a mark is there twice, no commit either. */
export async function checkForge({ state }: Places): Promise<string[]> {
  const forge = join(state, 'forge');
  return [...checkDatabase(await databaseIn(forge)), ...(await checkRepository(join(forge, 'repository.git')))];
}

async function databaseIn(directory: string): Promise<string> {
  const name = (await readdir(directory)).find((file) => /\.(db|sqlite)$/.test(file));
  if (!name) throw new Error(`expected a database in ${directory}`);
  return join(directory, name);
}

function checkDatabase(file: string): string[] {
  const db = new Database(file, { readonly: true });
  try {
    const read = <T>(sql: string): T[] => db.prepare(sql).all() as T[];
    const issues = read<{ number: number; title: string }>('select number, title from issues where is_pull = 0');
    const pulls = read<{ number: number; merged_at: string | null }>('select number, merged_at from pulls');
    const texts = [
      ...read<{ body: string | null }>('select body from issues'),
      ...read<{ body: string | null }>('select body from comments'),
      ...read<{ body: string | null }>('select body from reviews'),
    ];
    const marks = texts.flatMap(({ body }) =>
      [...(body ?? '').matchAll(/<!-- decree:(.+?) -->/g)].map((match) => match[1] ?? ''),
    );
    const statuses = read<{ issue: number; count: number }>(
      `select issue, count(*) as count from issue_labels join labels on labels.id = label
       where name like 'status:%' group by issue having count(*) > 1`,
    );
    return [
      ...(issues.length === 3 ? [] : [`expected 3 task issues, there are ${issues.length}`]),
      ...twice(issues.map(({ title }) => title)).map((title) => `the issue "${title}" is there twice`),
      ...(pulls.length === 2 ? [] : [`expected 2 pull requests, there are ${pulls.length}`]),
      ...pulls.filter((pull) => pull.merged_at === null).map((pull) => `pull request #${pull.number} is not merged`),
      ...twice(marks).map((mark) => `the mark ${mark} is on the forge twice`),
      ...statuses.map(({ issue, count }) => `#${issue} has ${count} status labels`),
    ];
  } finally {
    db.close();
  }
}

async function checkRepository(directory: string): Promise<string[]> {
  const git = async (...args: string[]) => (await run('git', ['-C', directory, ...args])).stdout.trim();
  const branches = (await git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).split('\n');
  const breaches: string[] = [];
  for (const branch of branches) {
    const subjects = (await git('log', '--format=%s', branch)).split('\n');
    breaches.push(...twice(subjects).map((subject) => `the commit "${subject}" is on ${branch} twice`));
  }
  await git('fsck', '--no-progress', '--connectivity-only').catch((error: Error) => breaches.push(`git fsck: ${error.message}`));
  return breaches;
}
