/*
 * A person's commands on tasks: one handler each. They share how a deed is keyed by its command, so they stand together.
 */
import { type Artifact, type Command, DecreeError, statusOf, type Task, type TaskStatus } from '@decree/contracts';
import { type Answer, markOf, withMark } from './broker/effects.ts';
import type { CommandOptions, Handler } from './commands.ts';
import { GuardFailed } from './ledger/port.ts';
import { actionHash } from './policy/index.ts';
import { type About, aboutTask, type Record } from './record.ts';
import { findLinkedPull } from './runs/aftermath.ts';
import { findTask } from './task-reference.ts';
import { refuseDispatch } from './workflow/dispatch.ts';

type TaskCommand = 'task.add' | 'task.dispatch' | 'task.comment' | 'task.label' | 'task.unblock' | 'task.merge' | 'task.close';

/** What people do with tasks. What changes the forge is theirs, and done once per command id. */
export function createTaskCommands(options: CommandOptions): { [T in TaskCommand]: Handler<T> } {
  const { ledger, record, forge, effects, sensors, repositoryId } = options;

  async function issueTask(reference: string): Promise<{ task: Task; issue: number }> {
    const task = await findTask(ledger, repositoryId, reference);
    if (task.issue === null) throw new DecreeError('conflict', `${task.title} is a plan and has no issue`);
    return { task, issue: task.issue };
  }

  async function comment(command: Command, task: Task, issue: number, body: string): Promise<void> {
    const key = `${keyOf(command)}:comment`;
    await effects.perform<Answer>({
      ...{
        key,
        kind: 'forge.comment.create',
        actionHash: hashOf(command),
        summary: `comment on #${issue}`,
        about: byPerson(task, command),
        grantId: null,
      },
      find: async () => {
        const found = (await forge.listComments(issue)).find((item) => item.body.includes(markOf(key)));
        return found ? { status: 201, location: null } : null;
      },
      act: async () => {
        await forge.createComment(issue, withMark(body, key), { actor: command.actor.id });
        return { status: 201, location: null };
      },
    });
  }

  /** The run; null when somebody else was quicker, and it has to be looked at anew. */
  async function dispatchOnce(
    known: Task,
    role: 'implementor' | 'reviewer',
    pull: number | null,
    command: Command,
  ): Promise<string | null> {
    const before = await ledger.event(command.id);
    if (before?.runId) return before.runId;
    const task = (await ledger.get('tasks', known.id)) ?? known;
    const refusal = refuseDispatch(task, role, pull);
    if (refusal) {
      const { code, message } = refusal;
      await ledger.commit({
        events: [record('task.dispatch_refused', { role, code, message }, { ...aboutTask(task), actor: command.actor })],
      });
      throw new DecreeError('conflict', message, { details: { code } });
    }
    try {
      return await options.enqueue.dispatch(task, role, pull, { actor: command.actor, commandId: command.id });
    } catch (error) {
      if (error instanceof GuardFailed) return null;
      throw error;
    }
  }

  async function setStatus(command: Command, task: Task, issue: number, from: TaskStatus | null, to: TaskStatus): Promise<void> {
    const about = byPerson(task, command);
    await perform(
      command,
      `set status:${to} on #${issue}`,
      about,
      {
        act: async () => {
          await forge.replaceStatusLabel(issue, `status:${to}`, { actor: command.actor.id });
          return answerFor('issues', issue);
        },
      },
      () => [record('task.status_set', { issue, from, to, code: 'person', message: `by ${command.actor.id}` }, about)],
    );
  }

  async function perform(
    command: Command,
    summary: string,
    about: About,
    deed: { find?: () => Promise<Answer | null>; act: () => Promise<Answer> },
    alongside?: (now: string) => ReturnType<Record>[],
  ): Promise<{ location: string }> {
    const done = await effects.perform<Answer>({
      ...{
        key: keyOf(command),
        kind: command.type,
        actionHash: hashOf(command),
        summary: summary.slice(0, 500),
        about,
        grantId: null,
      },
      ...deed,
      ...(alongside && { alongside: () => alongside(options.clock.now()) }),
    });
    return { location: (done.repeated ? done.effect.location : done.answer.location) ?? '' };
  }

  const mergeArtifact = (task: Task, pull: number, title: string, url: string, now: string): Artifact => ({
    ...{
      id: options.random.uuidv7(),
      kind: 'merge',
      repositoryId,
      taskId: task.id,
      runId: null,
      correlationId: task.correlationId,
    },
    ...{ recordedAt: now, reference: `#${pull}`, title: title.slice(0, 500), url },
  });
  const answerFor = (list: 'issues' | 'pulls', number: number): Answer => ({
    status: 200,
    location: `/repos/${repositoryId}/${list}/${number}`,
  });

  return {
    async 'task.add'({ title, body, labels }, command) {
      checkLabels(labels);
      const all = [...new Set(['task:implement', ...(statusOf(labels) ? [] : ['status:pending']), ...labels])];
      const key = keyOf(command);
      const { location } = await perform(
        command,
        `open the issue "${title}"`,
        { repositoryId, correlationId: command.id, actor: command.actor },
        {
          find: async () => {
            const found = (await forge.listIssues({ state: 'all', label: 'task:implement' })).value.find((issue) =>
              issue.body.includes(markOf(key)),
            );
            return found ? answerFor('issues', found.number) : null;
          },
          act: async () =>
            answerFor(
              'issues',
              (await forge.createIssue({ title, body: withMark(body, key), labels: all }, { actor: command.actor.id })).number,
            ),
        },
      );
      await sensors.issues.look();
      const issue = numberIn(location);
      const task = await ledger.taskOfIssue(repositoryId, issue);
      return { message: `#${issue} is open: ${title}`, issue, ...(task && { taskId: task.id }) };
    },

    async 'task.dispatch'({ task: reference, role }, command) {
      const task = await findTask(ledger, repositoryId, reference);
      const pull = role === 'reviewer' && task.issue !== null ? await findLinkedPull(forge, task.issue) : null;
      const number = pull?.number ?? null;
      const runId = (await dispatchOnce(task, role, number, command)) ?? (await dispatchOnce(task, role, number, command));
      if (!runId) throw new DecreeError('conflict', `#${task.issue} changes at this moment; try again`);
      const issue = task.issue === null ? {} : { issue: task.issue };
      return { message: `${role} queued for #${task.issue}`, runId, taskId: task.id, ...issue };
    },

    async 'task.comment'({ task: reference, body }, command) {
      const { task, issue } = await issueTask(reference);
      await comment(command, task, issue, body);
      return { message: `commented on #${issue}`, issue, taskId: task.id };
    },

    async 'task.label'({ task: reference, add, remove }, command) {
      checkLabels(add);
      const { task, issue } = await issueTask(reference);
      await perform(
        command,
        `label #${issue}: ${[...add.map((label) => `+${label}`), ...remove.map((label) => `-${label}`)].join(' ')}`,
        byPerson(task, command),
        {
          act: async () => {
            for (const label of add.filter(isExclusive))
              await forge.replaceStatusLabel(issue, label, { actor: command.actor.id });
            const others = add.filter((label) => !isExclusive(label));
            if (others.length > 0) await forge.addLabels(issue, others, { actor: command.actor.id });
            for (const label of remove) await forge.removeLabel(issue, label, { actor: command.actor.id });
            return answerFor('issues', issue);
          },
        },
      );
      await sensors.issues.look();
      return { message: `labels of #${issue} changed`, issue, taskId: task.id };
    },

    async 'task.unblock'({ task: reference, comment: words }, command) {
      const { task, issue } = await issueTask(reference);
      const done = (await ledger.get('effects', keyOf(command)))?.state === 'finished';
      const from = statusOf((await forge.getIssue(issue)).labels);
      if (done || from === 'unblocked') return { message: `#${issue} is unblocked already`, issue, taskId: task.id };
      if (from !== 'blocked' && from !== 'needs-refinement') {
        throw new DecreeError(
          'conflict',
          `#${issue} is ${from ?? 'without a status label'}; only blocked or needs-refinement can be unblocked`,
        );
      }
      if (words) await comment(command, task, issue, words);
      await setStatus(command, task, issue, from, 'unblocked');
      return { message: `#${issue} is unblocked; dispatch it when you like`, issue, taskId: task.id };
    },

    async 'task.merge'({ task: reference }, command) {
      const { task, issue } = await issueTask(reference);
      const effect = await ledger.get('effects', keyOf(command));
      if (effect?.state === 'finished')
        return { message: `#${issue} was merged before`, issue, taskId: task.id, pull: numberIn(effect.location) };
      const status = statusOf((await forge.getIssue(issue)).labels);
      if (status !== 'approved')
        throw new DecreeError('conflict', `#${issue} is ${status ?? 'without a status label'}; only an approved task is merged`);
      const pull = await findLinkedPull(forge, issue);
      if (!pull) throw new DecreeError('conflict', `#${issue} has no open pull request to merge`);
      const about = byPerson(task, command);
      await perform(
        command,
        `merge pull request #${pull.number}`,
        about,
        {
          find: async () => ((await forge.getPull(pull.number)).merged ? answerFor('pulls', pull.number) : null),
          act: async () => {
            await forge.mergePull(pull.number, { method: 'merge', sha: pull.head.sha }, { actor: command.actor.id });
            return answerFor('pulls', pull.number);
          },
        },
        (now) => [record('artifact.recorded', { artifact: mergeArtifact(task, pull.number, pull.title, pull.url, now) }, about)],
      );
      await Promise.all([sensors.issues.look(), sensors.pulls.look()]);
      return { message: `pull request #${pull.number} is merged`, issue, pull: pull.number, taskId: task.id, url: pull.url };
    },

    async 'task.close'({ task: reference, comment: words }, command) {
      const { task, issue } = await issueTask(reference);
      if (words) await comment(command, task, issue, words);
      await perform(command, `close #${issue}`, byPerson(task, command), {
        act: async () => {
          await forge.updateIssue(issue, { state: 'closed', stateReason: 'not_planned' }, { actor: command.actor.id });
          return answerFor('issues', issue);
        },
      });
      await sensors.issues.look();
      return { message: `#${issue} is closed`, issue, taskId: task.id };
    },
  };
}

const keyOf = (command: Command): string => `command:${command.id}`;
const byPerson = (task: Task, command: Command): About => ({ ...aboutTask(task), actor: command.actor, causationId: command.id });
const hashOf = (command: Command): string =>
  actionHash({ kind: 'forge.other', resource: command.type, arguments: { input: command.input } });
const numberIn = (location: string | null): number => Number(location?.split('/').at(-1) ?? Number.NaN);

/** Of these categories a task has one label at most. */
const exclusive = ['status', 'priority', 'complexity'];
const isExclusive = (label: string): boolean => exclusive.some((category) => label.startsWith(`${category}:`));

function checkLabels(labels: readonly string[]): void {
  for (const category of exclusive) {
    const several = [...new Set(labels.filter((label) => label.startsWith(`${category}:`)))];
    if (several.length > 1)
      throw new DecreeError(
        'invalid',
        `labels: expected one label of ${category}, got ${several.join(' and ')}; name the one that counts`,
      );
  }
}
