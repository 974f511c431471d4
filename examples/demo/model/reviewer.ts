import { join } from 'node:path';
import { findWork } from './known-work.ts';
import type { RunContext } from './run-prompt.ts';
import { api, ask, askAll, bash, type Ending, readFileText, runTests, type Script, setStatus } from './script.ts';

/** Judges by what the files hold and by what the tests say; the review first, then the label. */
export function* reviewer(context: RunContext, { cwd, interrupted }: { cwd: string | undefined; interrupted: boolean }): Script {
  const { issue, pull, repository } = context;
  if (!issue || !pull)
    return end('needs-changes', '', 'The prompt names no issue or no pull request, so there is nothing to judge.');
  const paths = filesToRead(context);
  const [head, tests, ...reads] = yield* askAll([
    bash('Which commit do I judge?', 'git rev-parse HEAD'),
    bash('Do the project’s tests pass?', runTests),
    ...paths.map((path) => ({
      say: `Let me read ${path}.`,
      name: 'Read',
      input: { file_path: cwd === undefined ? path : join(cwd, path) },
    })),
  ]);
  const commit = head?.text.trim() ?? '';
  const files = new Map<string, string>();
  for (const [index, path] of paths.entries()) {
    const text = reads[index] && readFileText(reads[index]);
    if (text !== undefined) files.set(path, text);
  }

  const points = judge(context, files);
  if (!tests?.ok || !/^ℹ fail 0$/m.test(tests.text))
    points.push({ met: false, criterion: 'All tests pass', feedback: `\`${runTests}\` fails.` });
  const verdict = points.every(({ met }) => met) ? 'approved' : 'needs-changes';
  const reviews = `repos/${repository}/pulls/${pull.number}/reviews`;
  const known = (pull.reviews ?? []).map(({ body }) => body);
  if (interrupted) {
    const listed = yield* ask(api('I was interrupted. Is my review there already?', '-X', 'GET', reviews, '--jq', '.[].body'));
    known.push(listed.text);
  }
  if (!known.some((body) => body.includes(commit))) {
    const posted = yield* ask(
      api('Post the review.', reviews, '-f', 'event=COMMENT', '-f', `body=${format(verdict, commit, points)}`),
    );
    if (!posted.ok) return end(verdict, commit, `The review could not be posted: ${posted.refused ?? posted.text}`);
  }
  const labeled = yield* ask(setStatus('And the verdict.', { repository, issue }, `status:${verdict}`));
  if (!labeled.ok) return end(verdict, commit, `The verdict could not be set: ${labeled.refused ?? labeled.text}`);
  const open = points.filter(({ met }) => !met).map(({ feedback }) => feedback);
  return end(
    verdict,
    commit,
    verdict === 'approved' ? 'Every acceptance criterion is met and has a test.' : `Changes needed. ${open.join(' ')}`,
  );
}

interface Point {
  met: boolean;
  criterion: string;
  feedback: string;
}

function judge({ issue, pull }: RunContext, files: ReadonlyMap<string, string>): Point[] {
  const work = findWork(issue?.title ?? '');
  const criteria = [...(issue?.body ?? '').matchAll(/^- \[[ x]\] (.+)$/gm)].map((match) => match[1] ?? '');
  if (!work || criteria.length === 0) {
    const feedback = `#${pull?.number} cannot be judged: #${issue?.number} has no acceptance criteria that I know how to check.`;
    return [{ met: false, criterion: issue?.title ?? '', feedback }];
  }
  return criteria.map((text) => {
    const check = work.criteria.find(({ words }) => text.includes(words));
    return {
      met: check?.isMet(files) ?? false,
      criterion: text,
      feedback: check?.feedback ?? 'I do not know how to check this.',
    };
  });
}

function format(verdict: string, commit: string, points: Point[]): string {
  const lines = points.map(({ met, criterion, feedback }) =>
    met ? `- met: ${criterion}` : `- NOT met: ${criterion}\n  ${feedback}`,
  );
  return `${verdict === 'approved' ? 'Approved' : 'Changes needed'} at ${commit}.\n\n${lines.join('\n')}`;
}

function filesToRead({ issue, pull }: RunContext): string[] {
  const changed = (pull?.files ?? []).map(({ path }) => path);
  return changed.length > 0 ? changed : Object.keys(findWork(issue?.title ?? '')?.files ?? {});
}

function end(verdict: 'approved' | 'needs-changes', commit: string, summary: string): Ending {
  return { say: summary, data: { verdict, commit, summary } };
}
