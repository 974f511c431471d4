import { type Task, type TaskAction, taskCan } from '@decree/contracts';
import { editedTask, newTaskText, parseLabels } from '../actions/edited-text.ts';
import { circumstancesOf, nameOf } from '../actions/target.ts';
import type { TuiState } from '../store/state.ts';
import type { Abilities, Target, TuiCommand } from './command.ts';

const base = { group: 'Tasks', scope: 'everywhere', writes: true, footer: null } as const;
const noTask = 'no task is selected';

/** Why it cannot be done to what is selected; the engine would say the same. */
const can =
  (action: TaskAction) =>
  (state: TuiState, { task }: Target) =>
    task ? taskCan[action](task, circumstancesOf(state, task)) : noTask;
const reference = (task: Task): string => task.id;

/** How work on a task is begun (again): the way that its last run went, or an Implementor. Null: not now, and why. */
function beginning(state: TuiState, task: Task): { question: string; begin: (abilities: Abilities) => void } | string {
  const about = circumstancesOf(state, task);
  const again = about.run && taskCan.retry(task, about) === null ? about.run : null;
  if (again?.role === 'planner')
    return {
      question: 'Start the Planner again?',
      begin: (abilities) => abilities.execute('plan again', 'plan.start', {}),
    };
  if (again?.role === 'reviewer')
    return {
      question: `Start the Reviewer on ${nameOf(task)} again (attempt ${task.attempts.reviewer + 1})?`,
      begin: (abilities) =>
        abilities.execute(`review ${nameOf(task)}`, 'task.dispatch', { task: reference(task), role: 'reviewer' }),
    };
  const reason = taskCan.dispatch(task, about);
  if (reason !== null) return reason;
  const attempt = task.attempts.implementor + 1;
  return {
    question: `${attempt > 1 ? `Dispatch ${nameOf(task)} again (attempt ${attempt})` : `Dispatch an Implementor on ${nameOf(task)}`}?`,
    begin: (abilities) => abilities.execute(`dispatch ${nameOf(task)}`, 'task.dispatch', { task: reference(task) }),
  };
}

/** Asks for a line of text and hands it on. */
function ask(abilities: Abilities, label: string, submit: (text: string) => void, options: { required: string | null }): void {
  abilities.open({
    ...{ kind: 'input', label, value: '', cursor: 0, submit },
    check: (value) => (options.required !== null && value.trim() === '' ? options.required : null),
  });
}

/** Whatever else a link begins with is not handed to the person's programs. */
const opensInBrowser = (url: string): boolean => /^https?:\/\//i.test(url);

/** What a person does about a task. */
export const taskCommands: readonly TuiCommand[] = [
  {
    ...base,
    id: 'task.dispatch',
    label: 'dispatch',
    help: 'Starts an agent on this task, or the last one again after it failed.',
    keys: ['d'],
    footer: 1,
    disabledReason(state, { task }) {
      if (!task) return noTask;
      const found = beginning(state, task);
      return typeof found === 'string' ? found : null;
    },
    run(state, { task }, abilities) {
      const found = task && beginning(state, task);
      if (!found || typeof found === 'string') return;
      const title = task.issue === null ? [] : [task.title];
      abilities.open({ kind: 'confirm', question: found.question, details: title, yes: () => found.begin(abilities) });
    },
  },
  {
    ...base,
    id: 'task.review',
    label: 'review',
    help: 'Starts a Reviewer on the pull request of this task.',
    keys: ['r'],
    footer: 7,
    disabledReason: can('review'),
    run(_state, { task }, abilities) {
      if (!task) return;
      const name = nameOf(task);
      abilities.open({
        ...{ kind: 'confirm', question: `Start a Reviewer on ${name}?`, details: [task.title] },
        yes: () => abilities.execute(`review ${name}`, 'task.dispatch', { task: reference(task), role: 'reviewer' }),
      });
    },
  },
  {
    ...base,
    id: 'task.unblock',
    label: 'unblock',
    help: 'Says that the agent can go on, with a comment that it reads.',
    keys: ['u'],
    footer: 6,
    disabledReason: can('unblock'),
    run(_state, { task }, abilities) {
      if (!task) return;
      const unblock = (text: string) => {
        const comment = text.trim();
        abilities.execute(`unblock ${nameOf(task)}`, 'task.unblock', { task: reference(task), ...(comment && { comment }) });
      };
      ask(abilities, `Unblock ${nameOf(task)} – your answer (may be empty)`, unblock, { required: null });
    },
  },
  {
    ...base,
    id: 'task.merge',
    label: 'merge',
    help: 'Merges the approved pull request of this task.',
    keys: ['m'],
    footer: 5,
    disabledReason: can('merge'),
    run(_state, { task }, abilities) {
      if (!task) return;
      abilities.open({
        ...{ kind: 'confirm', question: `Merge the pull request of ${nameOf(task)}?` },
        details: [task.title, 'The forge closes the issue. This cannot be undone here.'],
        yes: () => abilities.execute(`merge ${nameOf(task)}`, 'task.merge', { task: reference(task) }),
      });
    },
  },
  {
    ...base,
    id: 'task.close',
    label: 'close',
    help: 'Closes the issue; an agent that works on it is canceled.',
    keys: ['ctrl+x'],
    disabledReason: can('close'),
    run(_state, { task }, abilities) {
      if (!task) return;
      const live = task.activeRunId === null ? [] : ['The agent that works on it is canceled; its work is kept.'];
      abilities.open({
        ...{ kind: 'confirm', question: `Close ${nameOf(task)}?`, details: [task.title, ...live] },
        yes: () => abilities.execute(`close ${nameOf(task)}`, 'task.close', { task: reference(task) }),
      });
    },
  },
  {
    ...base,
    id: 'task.requeue',
    label: 'requeue',
    help: 'Sets the task back to pending, so that it can be dispatched anew.',
    keys: ['R'],
    disabledReason: can('requeue'),
    run(_state, { task }, abilities) {
      if (!task) return;
      abilities.open({
        ...{ kind: 'confirm', question: `Set ${nameOf(task)} back to pending?`, details: [task.title] },
        yes: () => abilities.execute(`requeue ${nameOf(task)}`, 'task.requeue', { task: reference(task) }),
      });
    },
  },
  {
    ...base,
    id: 'task.comment',
    label: 'comment',
    help: 'Comments on the issue.',
    keys: ['t'],
    disabledReason: can('comment'),
    run(_state, { task }, abilities) {
      if (!task) return;
      const comment = (body: string) =>
        abilities.execute(`comment on ${nameOf(task)}`, 'task.comment', { task: reference(task), body: body.trim() });
      ask(abilities, `Comment on ${nameOf(task)}`, comment, { required: 'write the comment, or leave it with Escape' });
    },
  },
  {
    ...base,
    id: 'task.label',
    label: 'label',
    help: 'Adds and removes labels of the issue: +name -name.',
    keys: ['L'],
    disabledReason: can('label'),
    run(_state, { task }, abilities) {
      if (!task) return;
      abilities.open({
        ...{ kind: 'input', label: `Labels of ${nameOf(task)}: +add -remove, separated by commas`, value: '', cursor: 0 },
        check(value) {
          const parsed = parseLabels(value);
          return 'problem' in parsed ? parsed.problem : null;
        },
        submit(value) {
          const parsed = parseLabels(value);
          if (!('problem' in parsed))
            abilities.execute(`label ${nameOf(task)}`, 'task.label', { task: reference(task), ...parsed });
        },
      });
    },
  },
  {
    ...base,
    id: 'task.add',
    label: 'new task',
    help: 'Writes a new task in $EDITOR: its first line is the title.',
    scope: 'list',
    keys: ['n'],
    footer: 14,
    disabledReason: () => null,
    run(_state, _target, abilities) {
      const add = (text: string | null) => {
        const task = editedTask(text ?? '');
        if ('problem' in task) abilities.notice('info', task.problem);
        else abilities.execute(`add "${task.title}"`, 'task.add', task);
      };
      abilities.edit(newTaskText, 'task.md').then(add, (error: unknown) => {
        abilities.notice('bad', `the editor failed: ${error instanceof Error ? error.message : String(error)}`);
      });
    },
  },
  {
    ...base,
    id: 'task.open',
    label: 'open',
    help: 'Opens the issue, or in its tab the pull request, in the browser.',
    keys: ['o'],
    writes: false,
    footer: 8,
    disabledReason(_state, { url }) {
      if (!url) return 'nothing with a link is selected';
      return opensInBrowser(url) ? null : `${url} is only in Decree: read it here in the detail; its name can be copied`;
    },
    run: (_state, { url }, abilities) => void (url && abilities.openUrl(url)),
  },
  {
    ...base,
    id: 'task.copy-link',
    label: 'copy link',
    help: 'Copies that link.',
    keys: ['c'],
    writes: false,
    footer: 9,
    disabledReason: (_state, { url }) => (url ? null : 'nothing with a link is selected'),
    run(_state, { url }, abilities) {
      if (url) abilities.copy(url, `copied ${url}`);
    },
  },
];
