import { join } from 'node:path';
import { findWork, type KnownWork } from './known-work.ts';
import type { RunContext } from './run-prompt.ts';
import { api, bash, type Ending, quote, readFileText, runTests, type Script, setStatus, type Wish } from './script.ts';

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

  if (interrupted) {
    yield bash('I was interrupted. Let me see what is there.', 'git status --short');
    yield bash('And what is committed.', 'git log --oneline -5');
  }
  if (!issue.labels.includes('status:in-progress')) {
    const begun = yield setStatus(`I begin with #${issue.number}.`, task, 'status:in-progress');
    if (begun.refused !== undefined) return end('denied', `I may not set the status of #${issue.number}: ${begun.refused}`);
  }

  const wanted = isReturned(context) ? 2 : 1;
  for (const [path, states] of Object.entries(work.files)) {
    const file = cwd === undefined ? path : join(cwd, path);
    const read = yield { say: `Let me look at ${path}.`, name: 'Read', input: { file_path: file } };
    const now = readFileText(read);
    const target = states[Math.max(Math.min(wanted, states.length - 1), states.indexOf(now ?? null))] ?? '';
    if (now === target) continue;
    const written = yield change(path, file, now, target);
    if (!written.ok)
      return end(
        written.refused === undefined ? 'blocked' : 'denied',
        `I could not change ${path}: ${written.refused ?? written.text}`,
      );
  }

  const tests = yield bash('Now the project’s tests.', runTests);
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
  const status = yield bash('They pass. Let me see what belongs into the commit.', 'git status --short --untracked-files=all');
  if (paths.some((path) => status.text.includes(path))) {
    const steps: Wish[] = [
      bash('These files are the change.', `git add ${paths.join(' ')}`),
      bash(
        'Commit it.',
        `git commit -m ${quote(isReturned(context) ? 'Take no time for a blank text' : work.subject)}${trailer ? ` --trailer ${quote(trailer)}` : ''}`,
      ),
    ];
    for (const step of steps) {
      const outcome = yield step;
      if (!outcome.ok)
        return end(
          outcome.refused === undefined ? 'blocked' : 'denied',
          `\`${step.input.command}\` did not succeed: ${outcome.refused ?? outcome.text}`,
        );
    }
  }
  const pushed = yield bash('Push the branch.', `git push origin ${quote(branch)}`);
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
    const open = yield api('Is there a pull request already?', '-X', 'GET', pulls, ...query);
    const number = /^\d+/.exec(open.text)?.[0];
    if (open.ok && number)
      return end('completed', `The pull request #${number} is there already; nothing is missing.`, Number(number));
  }
  const body = `Closes #${issue?.number}\n\n${work.summary}\n\nEvery acceptance criterion has a test; all tests pass.`;
  const opened = yield api(
    'Ask for the pull request.',
    pulls,
    ...[
      '-f',
      `title=${work.subject}`,
      '-f',
      `head=${branch}`,
      '-f',
      `base=${baseBranch}`,
      '-f',
      `body=${body}`,
      '--jq',
      '.number',
    ],
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
  const said = interrupted ? yield api('Did I say so already?', '-X', 'GET', comments, '--jq', '.[].body') : undefined;
  if (!said?.text.includes(cause)) yield api('I am blocked, and say why.', comments, '-f', `body=Blocked. ${cause}`);
  yield setStatus('A person has to look at this.', task, 'status:blocked');
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
