import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { git, type LocalPlace, makeLocalPlace, makeRepository } from './local-place.ts';

let local: LocalPlace;
beforeEach(async () => {
  local = await makeLocalPlace();
});
afterEach(() => local.dispose());

const bare = (...args: string[]) => git(local.place.forge.gitDirectory, ...args);
const receive = (sha: string, ref: string, fromObjects = local.place.person.objects) =>
  local.place.forge.receive({ sha, ref, fromObjects });

describe('a push', () => {
  test('brings all objects, and the repository stands on its own', async () => {
    const { sha, result } = await local.push('feature', { 'deep/er/file.txt': 'x\n' });
    expect(result).toEqual({ outcome: 'created', ref: 'refs/heads/feature', before: null, after: sha });
    rmSync(local.place.person.directory, { recursive: true });
    expect(bare('fsck', '--full', '--strict')).toBe('');
    expect(bare('show', 'feature:deep/er/file.txt')).toBe('x');
    expect(readdirSync(join(local.place.forge.gitDirectory, 'incoming'))).toEqual([]);
  });

  test('of the same commit again is unchanged, of a descendant is taken, of anything else is refused', async () => {
    const first = await local.push('feature', { 'a.txt': '1' });
    expect((await receive(first.sha, 'refs/heads/feature')).outcome).toBe('unchanged');
    const second = await local.push('feature', { 'a.txt': '2' });
    expect(second.result).toMatchObject({ outcome: 'advanced', before: first.sha });
    expect(await receive(first.sha, 'refs/heads/feature')).toMatchObject({ outcome: 'refused', reason: 'not_fast_forward' });
    expect(bare('rev-parse', 'feature')).toBe(second.sha);
  });

  test.each([
    ['x;$(touch y)', 'bad_ref'],
    ['--upload-pack=touch y', 'bad_ref'],
    ['--upload-pack=touch', 'bad_ref'],
    ['../../config', 'bad_ref'],
    ['a..b', 'bad_ref'],
    ['a.lock', 'bad_ref'],
    ['HEAD', 'bad_ref'],
    ['', 'bad_ref'],
    ['new\nline', 'bad_ref'],
  ])('to a branch named %j is refused', async (name, reason) => {
    const head = bare('rev-parse', 'main');
    expect(await receive(head, `refs/heads/${name}`)).toMatchObject({ outcome: 'refused', reason });
    expect(await receive(head, name)).toMatchObject({ outcome: 'refused', reason });
    expect(existsSync(join(local.place.forge.gitDirectory, 'y'))).toBe(false);
  });

  test('of what is no commit is refused', async () => {
    for (const sha of ['main', '--all', '0'.repeat(40), 'f'.repeat(40), bare('rev-parse', 'main^{tree}')]) {
      expect((await receive(sha, 'refs/heads/feature')).outcome).toBe('refused');
    }
    expect(bare('branch', '--list')).toBe('* main');
  });

  test('with an object missing is refused, and the branch does not appear', async () => {
    const { person } = local.place;
    person.git('checkout', '-q', '-b', 'holed');
    const sha = person.commit({ 'lost.txt': 'lost content' });
    const blob = person.git('rev-parse', 'HEAD:lost.txt');
    rmSync(join(person.objects, blob.slice(0, 2), blob.slice(2)));
    expect(await receive(sha, 'refs/heads/holed')).toMatchObject({ outcome: 'refused', reason: 'broken_objects' });
    expect(bare('branch', '--list')).toBe('* main');
    expect(bare('fsck', '--full')).toBe('');
  });

  test('with an object whose content is not what its name says is refused', async () => {
    const { person } = local.place;
    person.git('checkout', '-q', '-b', 'forged');
    const sha = person.commit({ 'a.txt': 'honest', 'b.txt': 'forged' });
    const at = (path: string) => {
      const blob = person.git('rev-parse', `HEAD:${path}`);
      return join(person.objects, blob.slice(0, 2), blob.slice(2));
    };
    const content = readFileSync(at('b.txt'));
    chmodSync(at('a.txt'), 0o600);
    writeFileSync(at('a.txt'), content);
    expect(await receive(sha, 'refs/heads/forged')).toMatchObject({ outcome: 'refused', reason: 'broken_objects' });
  });

  test('with a tree that would write into .git is refused', async () => {
    const { person } = local.place;
    const blob = person.git('rev-parse', 'HEAD:README.md');
    writeFileSync(join(local.place.root, 'tree'), Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]));
    const tree = person.git('hash-object', '-t', 'tree', '-w', '--literally', join(local.place.root, 'tree'));
    const sha = person.git('commit-tree', '-p', 'HEAD', '-m', 'Evil', tree);
    expect(await receive(sha, 'refs/heads/evil')).toMatchObject({ outcome: 'refused', reason: 'broken_objects' });
  });

  test('reads no configuration of the source, whatever an agent wrote there', async () => {
    const { person } = local.place;
    const touch = join(local.place.root, 'touched');
    const { sha } = await local.push('before', { 'x.txt': 'x' });
    person.git('checkout', '-q', 'before');
    const next = person.commit({ 'x.txt': 'y' });
    for (const key of ['core.fsmonitor', 'core.sshCommand', 'uploadpack.packObjectsHook', 'core.gitProxy', 'gpg.program'])
      person.git('config', key, `touch ${touch}`);
    person.git('config', 'extensions.partialClone', 'evil');
    person.git('config', 'remote.evil.url', `ext::sh -c "touch ${touch}"`);
    person.git('config', 'remote.evil.promisor', 'true');
    writeFileSync(join(person.directory, '.git', 'hooks', 'post-checkout'), `#!/bin/sh\ntouch ${touch}\n`, { mode: 0o755 });
    expect((await receive(next, 'refs/heads/before')).outcome).toBe('advanced');
    expect(await local.place.forge.syncDefaultBranch({ fromRepository: person.directory })).toMatchObject({
      outcome: 'unchanged',
    });
    expect(existsSync(touch)).toBe(false);
    expect(sha).not.toBe(next);
  });

  test('from a repository whose path has a colon and a quote is read all the same', async () => {
    const odd = makeRepository(join(local.place.root, 'odd:"na\\me'));
    const sha = odd.commit({ 'odd.txt': 'odd' });
    expect((await receive(sha, 'refs/heads/odd', odd.objects)).outcome).toBe('created');
  });
});

describe('the person’s default branch', () => {
  const sync = () => local.place.forge.syncDefaultBranch({ fromRepository: local.place.person.directory });

  test('is taken over when it moved ahead, left alone when the forge is ahead, and never forced', async () => {
    const { person } = local.place;
    const first = bare('rev-parse', 'main');
    expect(await sync()).toEqual({ outcome: 'unchanged', before: first, after: first, source: first });
    const second = person.commit({ 'b.txt': 'b' });
    expect(await sync()).toEqual({ outcome: 'advanced', before: first, after: second, source: second });
    await local.push('feature', { 'c.txt': 'c' });
    await local.call('POST', '/~/pulls', { title: 'c', head: 'feature', base: 'main' });
    const merged = (await local.call('PUT', '/~/pulls/1/merge')).body.sha;
    expect(await sync()).toEqual({ outcome: 'unchanged', before: merged, after: merged, source: second });
    const third = person.commit({ 'd.txt': 'd' });
    expect(await sync()).toEqual({ outcome: 'diverged', before: merged, after: merged, source: third });
    expect(bare('rev-parse', 'main')).toBe(merged);
  });

  test('is read from packed refs and from a linked work tree too', async () => {
    const { person } = local.place;
    const sha = person.commit({ 'b.txt': 'b' });
    person.git('pack-refs', '--all');
    person.git('gc', '-q');
    person.git('worktree', 'add', '-q', join(local.place.root, 'linked'), '-b', 'linked');
    expect(await local.place.forge.syncDefaultBranch({ fromRepository: join(local.place.root, 'linked') })).toMatchObject({
      outcome: 'advanced',
      after: sha,
    });
  });

  test('that is missing, or in no repository, is a clear refusal', async () => {
    await expect(
      local.place.forge.syncDefaultBranch({ fromRepository: local.place.person.directory, branch: 'none' }),
    ).rejects.toThrow(/to have a branch none/);
    mkdirSync(join(local.place.root, 'empty'));
    await expect(local.place.forge.syncDefaultBranch({ fromRepository: join(local.place.root, 'empty') })).rejects.toThrow(
      /git init/,
    );
  });

  test('that a person merged a pull request into by hand shows it merged, with its issue closed and its files kept', async () => {
    const { person } = local.place;
    await local.call('POST', '/~/issues', { title: 'Issue' });
    await local.push('feature', { 'c.txt': 'c\n' });
    await local.call('POST', '/~/pulls', { title: 'c', head: 'feature', base: 'main', body: 'Resolves #1' });
    person.git('merge', '-q', '--no-ff', '-m', 'By hand', 'feature');
    await sync();
    expect((await local.call('GET', '/~/pulls/2')).body).toMatchObject({ merged: true, state: 'closed', changed_files: 1 });
    expect((await local.call('GET', '/~/issues/1')).body.state).toBe('closed');
  });
});

describe('a merge', () => {
  const open = async (branch: string, files: Record<string, string>) => {
    await local.push(branch, files);
    return (await local.call('POST', '/~/pulls', { title: `Pull ${branch}`, head: branch, base: 'main' })).body.number as number;
  };

  test('makes a commit with both parents on the bare base branch, and keeps what the pull request changed', async () => {
    const before = bare('rev-parse', 'main');
    const number = await open('feature', { 'c.txt': 'c\n' });
    const { body } = await local.call(
      'PUT',
      `/~/pulls/${number}/merge`,
      { commit_title: 'Ours', commit_message: 'Decree-Run: 7' },
      { 'x-decree-actor': 'grace' },
    );
    expect(bare('rev-parse', 'main')).toBe(body.sha);
    expect(bare('log', '-1', '--format=%P|%B', 'main')).toBe(`${before} ${bare('rev-parse', 'feature')}|Ours\n\nDecree-Run: 7`);
    expect(bare('show', 'main:c.txt')).toBe('c');
    expect((await local.call('GET', `/~/pulls/${number}`)).body).toMatchObject({
      merged: true,
      merged_by: { login: 'grace' },
      commits: 1,
      changed_files: 1,
    });
    expect((await local.call('GET', `/~/pulls/${number}/files`)).body).toMatchObject([{ filename: 'c.txt' }]);
  });

  test('by squash makes one commit with one parent', async () => {
    const before = bare('rev-parse', 'main');
    const number = await open('feature', { 'c.txt': 'c\n' });
    await local.push('feature', { 'd.txt': 'd\n' }, 'Second');
    expect((await local.call('PUT', `/~/pulls/${number}/merge`, { merge_method: 'squash' })).status).toBe(200);
    expect(bare('log', '-1', '--format=%P|%s', 'main')).toBe(`${before}|Pull feature (#${number})`);
    expect(bare('show', 'main:d.txt')).toBe('d');
  });

  test('that conflicts is 405 and leaves the branch, and so is one of a draft', async () => {
    const one = await open('one', { 'src/a.txt': 'ONE\ntwo\nthree\n' });
    const two = await open('two', { 'src/a.txt': 'TWO\ntwo\nthree\n' });
    await local.call('PUT', `/~/pulls/${one}/merge`);
    const head = bare('rev-parse', 'main');
    expect((await local.call('GET', `/~/pulls/${two}`)).body).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    expect((await local.call('PUT', `/~/pulls/${two}/merge`)).status).toBe(405);
    await local.push('three', { 'e.txt': 'e' });
    await local.call('POST', '/~/pulls', { title: 'Draft', head: 'three', base: 'main', draft: true });
    expect((await local.call('PUT', '/~/pulls/3/merge')).status).toBe(405);
    expect(bare('rev-parse', 'main')).toBe(head);
  });

  test('asked for twice at once happens once, and two of two branches both happen', async () => {
    const one = await open('one', { 'one.txt': '1' });
    const two = await open('two', { 'two.txt': '2' });
    const answers = await Promise.all([one, one, two].map((number) => local.call('PUT', `/~/pulls/${number}/merge`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 405]);
    expect(bare('log', '--merges', '--format=%s', 'main').split('\n')).toHaveLength(2);
    expect(bare('ls-tree', '--name-only', 'main')).toContain('one.txt\nsrc\ntwo.txt');
  });

  test('that was cut off between the branch and the record is finished when the forge opens again', async () => {
    await local.call('POST', '/~/issues', { title: 'Issue' });
    const { sha } = await local.push('feature', { 'c.txt': 'c' });
    await local.call('POST', '/~/pulls', { title: 'c', head: 'feature', base: 'main', body: 'Fixes #1' });
    const from = bare('rev-parse', 'main');
    const merge = bare('commit-tree', '-p', from, '-p', sha, '-m', 'Merge', `${sha}^{tree}`);
    await local.place.forge.close();
    const db = new Database(join(local.place.root, 'forge', 'forge.sqlite'));
    db.prepare("update pulls set merging_sha = ?, merging_from = ?, merging_by = 'grace' where number = 2").run(merge, from);
    db.close();
    bare('update-ref', 'refs/heads/main', merge);
    await local.reopen();
    expect((await local.call('GET', '/~/pulls/2')).body).toMatchObject({
      merged: true,
      merge_commit_sha: merge,
      merged_by: { login: 'grace' },
      changed_files: 1,
    });
    expect((await local.call('GET', '/~/issues/1')).body.state).toBe('closed');
  });

  test('that was cut off before the branch moved is forgotten, and can be asked for again', async () => {
    await open('feature', { 'c.txt': 'c' });
    await local.place.forge.close();
    const db = new Database(join(local.place.root, 'forge', 'forge.sqlite'));
    db.prepare("update pulls set merging_sha = ?, merging_from = ?, merging_by = 'grace' where number = 1").run(
      'f'.repeat(40),
      'e'.repeat(40),
    );
    db.close();
    await local.reopen();
    expect((await local.call('GET', '/~/pulls/1')).body).toMatchObject({ merged: false, changed_files: 1 });
    expect((await local.call('PUT', '/~/pulls/1/merge')).status).toBe(200);
  });
});

describe('opening again', () => {
  test('clears what a killed git left behind: its locks, and half received packs', async () => {
    await local.place.forge.close();
    const { gitDirectory } = local.place.forge;
    mkdirSync(join(gitDirectory, 'incoming', 'half'));
    mkdirSync(join(gitDirectory, 'refs', 'heads', 'feature'), { recursive: true });
    for (const lock of ['refs/heads/main.lock', 'refs/heads/feature/x.lock', 'packed-refs.lock'])
      writeFileSync(join(gitDirectory, lock), '');
    await local.reopen();
    expect((await local.push('feature/x', { 'x.txt': 'x' })).result.outcome).toBe('created');
    const sha = local.place.person.commit({ 'y.txt': 'y' });
    expect(await local.place.forge.syncDefaultBranch({ fromRepository: local.place.person.directory })).toMatchObject({
      outcome: 'advanced',
      after: sha,
    });
    expect(readdirSync(join(gitDirectory, 'incoming'))).toEqual([]);
  });

  test('makes one pack of many, and loses nothing', async () => {
    const shas: string[] = [];
    for (let n = 0; n < 3; n += 1) shas.push((await local.push('feature', { 'n.txt': `${n}` })).sha);
    const packs = join(local.place.forge.gitDirectory, 'objects', 'pack');
    const [index] = readdirSync(packs).filter((name) => name.endsWith('.idx'));
    for (let n = 0; n < 120; n += 1) {
      const name = `pack-${n.toString(16).padStart(40, '0')}`;
      for (const part of ['idx', 'pack'])
        copyFileSync(join(packs, index!.replace('.idx', `.${part}`)), join(packs, `${name}.${part}`));
    }
    await local.reopen();
    await expect.poll(() => readdirSync(packs).filter((name) => name.endsWith('.pack')).length).toBe(1);
    for (const sha of shas) expect(bare('cat-file', '-t', sha)).toBe('commit');
  });
});

describe('what was written', () => {
  test('is there after the forge was closed and opened again', async () => {
    await local.call('POST', '/~/issues', { title: 'Kept', labels: ['a'] });
    await local.call('POST', '/~/issues/1/comments', { body: 'Kept too' });
    const before = [
      await local.call('GET', '/~/issues'),
      await local.call('GET', '/~/issues/1/comments'),
      await local.call('GET', '/~'),
    ];
    await local.reopen();
    const after = [
      await local.call('GET', '/~/issues'),
      await local.call('GET', '/~/issues/1/comments'),
      await local.call('GET', '/~'),
    ];
    expect(after.map(({ body }) => body)).toEqual(before.map(({ body }) => body));
    expect(after[0]?.headers.get('etag')).toBe(before[0]?.headers.get('etag'));
  });

  test('at once by many callers gets numbers of its own, and one pull request for a branch', async () => {
    await local.push('feature', { 'c.txt': 'c' });
    const issues = Array.from({ length: 40 }, (_, n) => local.call('POST', '/~/issues', { title: `Issue ${n}` }));
    const pulls = Array.from({ length: 5 }, () =>
      local.call('POST', '/~/pulls', { title: 'Pull', head: 'feature', base: 'main' }),
    );
    const numbers = (await Promise.all(issues)).map(({ body }) => body.number);
    expect(new Set(numbers).size).toBe(40);
    expect((await Promise.all(pulls)).map(({ status }) => status).sort()).toEqual([201, 422, 422, 422, 422]);
  });

  test('by a later version is not opened', async () => {
    await local.place.forge.close();
    const file = join(local.place.root, 'forge', 'forge.sqlite');
    const db = new Database(file);
    db.pragma('user_version = 99');
    db.close();
    await expect(local.reopen()).rejects.toThrow(/a newer Decree wrote it/);
    const mend = new Database(file);
    mend.pragma('user_version = 1');
    mend.close();
    await local.reopen();
  });
});

test('files of every kind are shown as GitHub shows them', async () => {
  await local.push('feature', {
    'src/a.txt': 'one\n2\nthree\n',
    'README.md': null,
    'docs/READ.md': '# Example\n',
    'bin.dat': Buffer.from([0, 1, 255]),
    'weird name "x".txt': 'no newline',
  });
  await local.call('POST', '/~/pulls', { title: 'Kinds', head: 'feature', base: 'main' });
  const { body } = await local.call('GET', '/~/pulls/1/files');
  const shown = body.map((file: Record<string, unknown>) => [
    file.filename,
    file.status,
    file.additions,
    file.deletions,
    file.previous_filename,
    file.patch,
  ]);
  expect(shown).toEqual([
    ['bin.dat', 'added', 0, 0, undefined, undefined],
    ['docs/READ.md', 'renamed', 0, 0, 'README.md', undefined],
    ['src/a.txt', 'modified', 1, 1, undefined, '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three'],
    ['weird name "x".txt', 'added', 1, 0, undefined, '@@ -0,0 +1 @@\n+no newline\n\\ No newline at end of file'],
  ]);
  const blob = (await local.call('GET', `/~/git/blobs/${body[0].sha}`)).body;
  expect([...Buffer.from(blob.content, 'base64')]).toEqual([0, 1, 255]);
  const diff = await local.call('GET', '/~/pulls/1', undefined, { accept: 'application/vnd.github.diff' });
  expect(diff.body).toContain('diff --git a/src/a.txt b/src/a.txt');
});
