import { join } from 'node:path';
import { findWork, type KnownWork } from './known-work.ts';
import type { RunContext } from './run-prompt.ts';
import {
  api,
  ask,
  askAll,
  bash,
  type Ending,
  quote,
  readFileText,
  runTests,
  type Script,
  setStatus,
  type Wish,
} from './script.ts';

interface Situation {
  cwd: string | undefined;
  interrupted: boolean;
  trailer: string | undefined;
}

/** Reads, edits, tests, commits, pushes, asks for a pull request. Each step looks at what is there and does what is missing. */
export function* implementor(context: RunContext, { cwd, interrupted, trailer }: Situation): Script {
  const { issue, branch, repository } = context;
  if (!issue || !branch) return end('blocked', 'The prompt names no issue or no branch, so there is nothing that I could do.');
  const work = findWork(issue.title);
  const task = { repository, issue };
  if (!work) return yield* block(task, interrupted, `I do not know how to do “${issue.title}”.`);

  const paths = Object.keys(work.files);
  const fileOf = (path: string) => (cwd === undefined ? path : join(cwd, path));
  const begin = issue.labels.includes('status:in-progress')
    ? []
    : [setStatus(`I begin with #${issue.number}.`, task, 'status:in-progress')];
  if (interrupted) {
    yield* askAll([
      bash('I was interrupted. Let me see what is there.', 'git status --short'),
      bash('And what is committed.', 'git log --oneline -5'),
    ]);
  }
  const looks = paths.map((path) => ({ say: `Let me look at ${path}.`, name: 'Read', input: { file_path: fileOf(path) } }));
  const outcomes = yield* askAll([...begin, ...looks]);
  const refused = begin.length > 0 ? outcomes[0]?.refused : undefined;
  if (refused !== undefined) return end('denied', `I may not set the status of #${issue.number}: ${refused}`);

  const reads = outcomes.slice(begin.length);
  const wanted = isReturned(context) ? 2 : 1;
  const changes = paths.flatMap((path, index) => {
    const states = work.files[path] ?? [];
    const now = reads[index] && readFileText(reads[index]);
    const target = states[Math.max(Math.min(wanted, states.length - 1), states.indexOf(now ?? null))] ?? '';
    return now === target ? [] : [{ path, wish: change(path, fileOf(path), now, target) }];
  });
  const written = yield* askAll(changes.map(({ wish }) => wish));
  for (const [index, { ok, refused, text }] of written.entries()) {
    if (!ok)
      return end(refused === undefined ? 'blocked' : 'denied', `I could not change ${changes[index]?.path}: ${refused ?? text}`);
  }

  const tests = yield* ask(bash('Now the project’s tests.', runTests));
  if (tests.refused !== undefined) return end('denied', `I may not run the tests: ${tests.refused}`);
  if (!tests.ok || !/^ℹ fail 0$/m.test(tests.text)) {
    return yield* block(task, interrupted, `\`${runTests}\` fails, and not by my change: ${failures(tests.text)}`);
  }
  return yield* deliver(context, work, { interrupted, trailer });
}

/** Commit, push, pull request. */
function* deliver(
  context: RunContext,
  work: KnownWork,
  { interrupted, trailer }: Pick<Situation, 'interrupted' | 'trailer'>,
): Script {
  const { issue, branch = '', repository, baseBranch = 'main', pull } = context;
  const paths = Object.keys(work.files);
  const status = yield* ask(
    bash('They pass. Let me see what belongs into the commit.', 'git status --short --untracked-files=all'),
  );
  if (paths.some((path) => status.text.includes(path))) {
    const steps = [
      bash('These files are the change.', `git add ${paths.join(' ')}`),
      bash(
        'Commit it.',
        `git commit -m ${quote(isReturned(context) ? 'Take no time for a blank text' : work.subject)}${trailer ? ` --trailer ${quote(trailer)}` : ''}`,
      ),
    ];
    const outcomes = yield* askAll(steps);
    const failed = outcomes.findIndex(({ ok }) => !ok);
    if (failed >= 0) {
      const { refused, text } = outcomes[failed] ?? { refused: undefined, text: 'no outcome' };
      return end(
        refused === undefined ? 'blocked' : 'denied',
        `\`${steps[failed]?.input.command}\` did not succeed: ${refused ?? text}`,
      );
    }
  }
  const pushed = yield* ask(bash('Push the branch.', `git push origin ${quote(branch)}`));
  if (!pushed.ok)
    return end(
      pushed.refused === undefined ? 'blocked' : 'denied',
      `${branch} could not be pushed: ${pushed.refused ?? pushed.text}`,
    );

  if (pull)
    return end(
      'completed',
      `I have answered the review of #${pull.number}: a blank text takes 0 minutes, and a test says so.`,
      pull.number,
    );
  const pulls = `repos/${repository}/pulls`;
  if (interrupted) {
    const query = ['-f', `head=${repository.split('/')[0]}:${branch}`, '-f', 'state=open', '--jq', '.[].number'];
    const open = yield* ask(api('Is there a pull request already?', '-X', 'GET', pulls, ...query));
    const number = /^\d+/.exec(open.text)?.[0];
    if (open.ok && number)
      return end('completed', `The pull request #${number} is there already; nothing is missing.`, Number(number));
  }
  const body = `Closes #${issue?.number}\n\n${work.summary}\n\nEvery acceptance criterion has a test; all tests pass.`;
  const fields = [`title=${work.subject}`, `head=${branch}`, `base=${baseBranch}`, `body=${body}`];
  const opened = yield* ask(
    api('Ask for the pull request.', pulls, ...fields.flatMap((field) => ['-f', field]), '--jq', '.number'),
  );
  if (opened.refused !== undefined) {
    return end(
      'denied',
      `The pull request was denied: ${opened.refused} My work stays on ${branch}, committed and pushed; I stop here.`,
    );
  }
  if (!opened.ok && !/already exists/.test(opened.text))
    return end('blocked', `The pull request could not be opened: ${opened.text}`);
  const number = /^\d+/.exec(opened.text)?.[0];
  return end(
    'completed',
    `${work.summary} The pull request is ${number ? `#${number}` : 'open'}.`,
    number ? Number(number) : undefined,
  );
}

/** Says on the issue what stopped the work, once, and sets the status. */
function* block(
  task: { repository: string; issue: NonNullable<RunContext['issue']> },
  interrupted: boolean,
  cause: string,
): Script {
  const comments = `repos/${task.repository}/issues/${task.issue.number}/comments`;
  const said = interrupted ? yield* ask(api('Did I say so already?', '-X', 'GET', comments, '--jq', '.[].body')) : undefined;
  if (!said?.text.includes(cause)) yield* ask(api('I am blocked, and say why.', comments, '-f', `body=Blocked. ${cause}`));
  yield* ask(setStatus('A person has to look at this.', task, 'status:blocked'));
  return end('blocked', cause);
}

function end(outcome: 'completed' | 'blocked' | 'denied', summary: string, pull?: number): Ending {
  return { say: summary, data: { outcome, pull: pull ?? null, summary } };
}

/** Somebody asked for changes: the Implementor judges by the feedback that it was given, not by the number of the attempt. */
function isReturned({ pull }: RunContext): boolean {
  return [...(pull?.reviews ?? []), ...(pull?.comments ?? [])].some(
    ({ body }) => /^Changes needed/m.test(body) && /blank text/.test(body),
  );
}

/** Write for a new file; for one that is there, an Edit of the lines that differ. */
function change(path: string, file: string, now: string | undefined, target: string): Wish {
  if (now === undefined) return { say: `${path} is new.`, name: 'Write', input: { file_path: file, content: target } };
  const before = now.split('\n');
  const after = target.split('\n');
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const until = Math.max(0, tail - 1);
  const cut = (lines: string[], from: number) => lines.slice(from, lines.length - until).join('\n');
  // As many lines before as it takes to say one place, also where lines are only added.
  let from = Math.max(0, start - 1);
  while (from > 0 && (cut(before, from).trim() === '' || now.split(cut(before, from)).length !== 2)) from -= 1;
  return {
    say: `Change ${path}.`,
    name: 'Edit',
    input: { file_path: file, old_string: cut(before, from), new_string: cut(after, from) },
  };
}

function failures(output: string): string {
  const names = [...output.matchAll(/^\s*✖ (.+?) \(\d/gm)].map((match) => match[1] ?? '');
  return names.length > 0 ? [...new Set(names)].join('; ') : (output.split('\n')[0] ?? '');
}
