/** One suite in one file, so that what the engine relies on is read as one list. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ForgeNotFound, ForgeRefused } from '../../src/engine/forge/errors.ts';
import type { Forge } from '../../src/engine/forge/port.ts';

/** What a backend of the contract suite may lack. A lack is data: the part is run all the same, and has to fail. */
export type Capability =
  | 'conditional'
  | 'statuses'
  | 'pull_refusals'
  | 'pull_files'
  | 'live_head'
  | 'own_review_refused'
  | 'merge'
  | 'closed_by_merge';

export interface ForgeUnderTest {
  forge: Forge;
  /** The same repository as another person sees and writes it. */
  other: Forge;
  /** Commits one file on a branch (made from the default branch when it is new); resolves to the commit. */
  commit(branch: string, path: string, content: string): Promise<string>;
  /** Reports CI on a commit. */
  check(sha: string, run: { name: string; conclusion: string | null }): Promise<void>;
  dispose(): Promise<void>;
}

/** One suite over every forge: what the engine relies on, through the port only. */
export function forgeContract(
  name: string,
  make: () => Promise<ForgeUnderTest>,
  lacks: Partial<Record<Capability, string>> = {},
): void {
  describe(`the forge port over ${name}`, () => {
    let it: ForgeUnderTest;
    beforeAll(async () => {
      it = await make();
    });
    afterAll(() => it?.dispose());

    const holds = (title: string, needs: Capability[], body: () => Promise<void>) => {
      const lack = needs.find((capability) => lacks[capability] !== undefined);
      if (lack === undefined) test(title, body);
      else test(`lacks ${lack} (${lacks[lack]}), so it does not hold that: ${title}`, () => expect(body()).rejects.toThrow());
    };

    holds('the repository says its default branch', [], async () => {
      expect(await it.forge.repositoryInfo()).toMatchObject({ owner: 'acme', name: 'example', defaultBranch: 'main' });
    });

    holds('an issue that was created is read back as it was written', [], async () => {
      const made = await it.forge.createIssue({ title: 'Read me', body: 'Words <!-- decree:k1 -->' });
      expect(await it.forge.getIssue(made.number)).toMatchObject({
        title: 'Read me',
        body: 'Words <!-- decree:k1 -->',
        state: 'open',
        isPull: false,
      });
    });

    holds('an issue that is not there is ForgeNotFound', [], async () => {
      await expect(it.forge.getIssue(99_999)).rejects.toBeInstanceOf(ForgeNotFound);
    });

    holds('an issue is closed with its reason and opened again', [], async () => {
      const { number } = await it.forge.createIssue({ title: 'Close me' });
      expect(await it.forge.updateIssue(number, { state: 'closed', stateReason: 'not_planned' })).toMatchObject({
        state: 'closed',
        stateReason: 'not_planned',
      });
      expect(await it.forge.updateIssue(number, { state: 'open', title: 'Again' })).toMatchObject({
        state: 'open',
        title: 'Again',
        closedAt: null,
      });
    });

    holds('labels are made once, corrected, and left alone when they are right', [], async () => {
      const labels = [
        { name: 'status:pending', color: 'bfd4f2', description: 'waits' },
        { name: 'task:implement', color: '1d76db', description: 'work' },
      ];
      expect((await it.forge.ensureLabels(labels)).map(({ outcome }) => outcome)).toEqual(['created', 'created']);
      const changed = [{ ...labels[0]!, color: '000000' }, labels[1]!];
      expect((await it.forge.ensureLabels(changed)).map(({ outcome }) => outcome)).toEqual(['updated', 'up-to-date']);
      expect(await it.forge.listLabels()).toEqual(expect.arrayContaining(changed));
    });

    holds('a status label takes the place of the one before and leaves the other categories', [], async () => {
      await it.forge.ensureLabels(
        ['status:a', 'status:b', 'priority:high'].map((label) => ({ name: label, color: 'ffffff', description: '' })),
      );
      const { number } = await it.forge.createIssue({ title: 'Label me', labels: ['status:a', 'priority:high'] });
      expect((await it.forge.replaceStatusLabel(number, 'status:b')).sort()).toEqual(['priority:high', 'status:b']);
      expect((await it.forge.replaceStatusLabel(number, 'status:b')).sort()).toEqual(['priority:high', 'status:b']);
      expect(await it.forge.removeLabel(number, 'priority:high')).toEqual(['status:b']);
      expect(await it.forge.removeLabel(number, 'priority:high')).toEqual(['status:b']);
    });

    holds('a label that nobody made yet is made when an issue gets it', [], async () => {
      const { number } = await it.forge.createIssue({ title: 'Label me', labels: ['fresh:label'] });
      expect((await it.forge.getIssue(number)).labels).toEqual(['fresh:label']);
      expect(await it.forge.addLabels(number, ['fresh:other'])).toEqual(expect.arrayContaining(['fresh:label', 'fresh:other']));
    });

    holds('issues are listed by label to the end, past one page, without pull requests', [], async () => {
      await it.forge.ensureLabels([{ name: 'many', color: 'ffffff', description: '' }]);
      for (let n = 1; n <= 103; n += 1) await it.forge.createIssue({ title: `Many ${n}`, labels: ['many'] });
      const { value } = await it.forge.listIssues({ label: 'many' });
      expect(new Set(value.map(({ title }) => title)).size).toBe(103);
    });

    holds('a list that did not change says so, and one that did says that', [], async () => {
      await it.forge.ensureLabels([{ name: 'watched', color: 'ffffff', description: '' }]);
      const { number } = await it.forge.createIssue({ title: 'Watched', labels: ['watched'] });
      const first = await it.forge.listIssues({ label: 'watched' });
      expect(await it.forge.listIssues({ label: 'watched' }, { known: first.version })).toMatchObject({
        changed: false,
        value: [{ number }],
      });
      await it.forge.updateIssue(number, { title: 'Watched, renamed' });
      expect(await it.forge.listIssues({ label: 'watched' }, { known: first.version })).toMatchObject({
        changed: true,
        value: [{ title: 'Watched, renamed' }],
      });
    });

    holds('an unchanged list costs no rate limit', ['conditional'], async () => {
      await it.forge.listIssues({ label: 'many' });
      await it.forge.listIssues({ label: 'many' });
      const before = it.forge.rateLimit()?.remaining;
      await it.forge.listIssues({ label: 'many' });
      expect(before).toBeGreaterThan(0);
      expect(it.forge.rateLimit()?.remaining).toBe(before);
    });

    holds('comments are read in the order in which they were written', [], async () => {
      const { number } = await it.forge.createIssue({ title: 'Talk' });
      await it.forge.createComment(number, 'one');
      await it.other.createComment(number, 'two');
      const comments = await it.forge.listComments(number);
      expect(comments.map(({ body }) => body)).toEqual(['one', 'two']);
      expect(comments[0]?.author).not.toBe(comments[1]?.author);
    });

    holds('a directory at a branch is read as files with their blobs, and again only when the branch moved', [], async () => {
      await it.commit('main', 'specs/a.md', 'A');
      const first = await it.forge.directoryTree('specs', 'main');
      expect(first.value.files.map(({ path }) => path)).toEqual(['specs/a.md']);
      expect(await it.forge.readBlob(first.value.files[0]!.sha)).toMatchObject({ text: 'A', size: 1 });
      expect((await it.forge.directoryTree('specs', 'main', { known: first.version })).changed).toBe(false);
      const head = await it.commit('main', 'elsewhere.txt', 'x');
      expect(await it.forge.directoryTree('specs', 'main', { known: first.version })).toMatchObject({
        changed: false,
        value: { commitSha: head },
      });
      await it.commit('main', 'specs/deep/b.md', 'B');
      const second = await it.forge.directoryTree('specs/', 'main', { known: first.version });
      expect(second.changed).toBe(true);
      expect(second.value.files.map(({ path }) => path).sort()).toEqual(['specs/a.md', 'specs/deep/b.md']);
    });

    holds('a directory or a branch that is not there is an empty answer, not an error', [], async () => {
      expect((await it.forge.directoryTree('no/such', 'main')).value).toMatchObject({ treeSha: null, files: [] });
      expect((await it.forge.directoryTree('specs', 'no-branch')).value).toEqual({ commitSha: null, treeSha: null, files: [] });
      expect(await it.forge.branchHead('no-branch')).toBeNull();
    });

    holds('the last commit of a file is that file’s own', [], async () => {
      const sha = await it.commit('main', 'history/one.txt', '1');
      await it.commit('main', 'history/two.txt', '2');
      expect(await it.forge.lastCommit('history/one.txt', 'main')).toMatchObject({ sha });
      expect(await it.forge.lastCommit('history/none.txt', 'main')).toBeNull();
    });

    holds('a pull request is opened from a branch with a slash', [], async () => {
      const sha = await it.commit('feature/one', 'one.txt', 'one\n');
      const pull = await it.forge.createPull({ title: 'One', head: 'feature/one', base: 'main', body: 'Closes #1', draft: true });
      expect(pull).toMatchObject({ draft: true, state: 'open', head: { ref: 'feature/one', sha }, sameRepository: true });
      expect(await it.forge.branchHead('feature/one')).toBe(sha);
      expect((await it.forge.listPulls()).value.map(({ number }) => number)).toContain(pull.number);
      expect((await it.forge.listIssues({})).value.map(({ number }) => number)).not.toContain(pull.number);
    });

    holds('a second pull request from the same branch is refused', ['pull_refusals'], async () => {
      await it.commit('feature/once', 'once.txt', 'one\n');
      await it.forge.createPull({ title: 'Once', head: 'feature/once', base: 'main' });
      await expect(it.forge.createPull({ title: 'Twice', head: 'feature/once', base: 'main' })).rejects.toMatchObject({
        name: 'ForgeRefused',
        status: 422,
      });
    });

    holds('a pull request from a branch that is not there is refused', ['pull_refusals'], async () => {
      await expect(it.forge.createPull({ title: 'None', head: 'no-branch', base: 'main' })).rejects.toBeInstanceOf(ForgeRefused);
    });

    holds('a pull request follows its branch', ['live_head'], async () => {
      await it.commit('feature/moves', 'moves.txt', 'one\n');
      const { number } = await it.forge.createPull({ title: 'Moves', head: 'feature/moves', base: 'main' });
      const sha = await it.commit('feature/moves', 'moves.txt', 'two\n');
      expect((await it.forge.getPull(number)).head.sha).toBe(sha);
    });

    holds('the files of a pull request come with their patch', ['pull_files'], async () => {
      await it.commit('feature/files', 'files.txt', 'one\ntwo\n');
      const { number } = await it.forge.createPull({ title: 'Files', head: 'feature/files', base: 'main' });
      expect(await it.forge.pullFiles(number)).toMatchObject([
        { path: 'files.txt', status: 'added', additions: 2, deletions: 0, patch: '@@ -0,0 +1,2 @@\n+one\n+two' },
      ]);
    });

    holds('another person’s review is recorded with its verdict', [], async () => {
      await it.commit('feature/review', 'review.txt', 'x\n');
      const { number } = await it.forge.createPull({ title: 'Review', head: 'feature/review', base: 'main' });
      await it.other.createReview(number, { event: 'request_changes', body: 'No.' });
      await it.forge.createReview(number, { event: 'comment', body: 'Hm.' });
      expect((await it.forge.listReviews(number)).map(({ state, body }) => [state, body])).toEqual([
        ['changes_requested', 'No.'],
        ['commented', 'Hm.'],
      ]);
    });

    holds('an author’s verdict on its own pull request is refused', ['own_review_refused'], async () => {
      await it.commit('feature/own', 'own.txt', 'x\n');
      const { number } = await it.forge.createPull({ title: 'Own', head: 'feature/own', base: 'main' });
      await expect(it.forge.createReview(number, { event: 'approve', body: 'Fine.' })).rejects.toMatchObject({
        name: 'ForgeRefused',
        status: 422,
      });
    });

    holds('the checks of a commit are one word, and none at all is success with nothing counted', ['statuses'], async () => {
      const sha = await it.commit('feature/checks', 'checks.txt', 'x\n');
      expect(await it.forge.checks(sha)).toMatchObject({ state: 'success', total: 0 });
      await it.check(sha, { name: 'lint', conclusion: 'success' });
      await it.check(sha, { name: 'test', conclusion: null });
      expect(await it.forge.checks(sha)).toMatchObject({ state: 'pending', total: 2, pending: ['test'] });
      await it.check(sha, { name: 'types', conclusion: 'failure' });
      expect(await it.forge.checks(sha)).toMatchObject({ state: 'failure', failed: [{ name: 'types' }] });
      const details = await it.forge.checkDetails(sha);
      expect(Object.fromEntries(details.map(({ name, state }) => [name, state]))).toEqual({
        lint: 'success',
        test: 'pending',
        types: 'failure',
      });
    });

    holds('a merge moves the base branch and is refused the second time', ['merge'], async () => {
      const head = await it.commit('feature/merge', 'merge.txt', 'x\n');
      const { number } = await it.forge.createPull({ title: 'Merge', head: 'feature/merge', base: 'main' });
      await expect(it.forge.mergePull(number, { method: 'merge', sha: '0'.repeat(40) })).rejects.toMatchObject({
        name: 'ForgeRefused',
        status: 409,
      });
      const { sha } = await it.forge.mergePull(number, { method: 'merge', sha: head });
      expect(await it.forge.branchHead('main')).toBe(sha);
      expect(await it.forge.getPull(number)).toMatchObject({ merged: true, state: 'closed', mergeCommitSha: sha });
      await expect(it.forge.mergePull(number, { method: 'merge' })).rejects.toMatchObject({ name: 'ForgeRefused', status: 405 });
    });

    holds('a merged pull request closes the issue that its body names', ['closed_by_merge'], async () => {
      const issue = await it.forge.createIssue({ title: 'Close by merge' });
      await it.commit('feature/closes', 'closes.txt', 'x\n');
      const { number } = await it.forge.createPull({
        title: 'Closes',
        head: 'feature/closes',
        base: 'main',
        body: `Fixes #${issue.number}`,
      });
      await it.forge.mergePull(number, { method: 'squash' });
      expect(await it.forge.getIssue(issue.number)).toMatchObject({ state: 'closed', stateReason: 'completed' });
    });

    holds('a raw call comes back as it was answered, refusals too', [], async () => {
      const made = await it.forge.request('POST', '/repos/acme/example/issues', { title: 'Raw' });
      expect(made).toMatchObject({ status: 201, body: { title: 'Raw' } });
      expect(await it.forge.request('GET', '/repos/acme/example/issues/99999')).toMatchObject({
        status: 404,
        body: { message: 'Not Found' },
      });
      await expect(it.forge.request('GET', '/repos/acme/example/../other')).rejects.toBeInstanceOf(ForgeRefused);
    });

    holds('a call whose signal is aborted ends with the signal’s reason', [], async () => {
      await expect(it.forge.getIssue(1, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    });
  });
}
