/*
 * A person's commands on tasks: one handler each. They share how an effect is keyed by its command, so they stand together.
 */
import {
  type Command,
  type CommandType,
  DecreeError,
  type EffectTarget,
  type Event,
  refuseTask,
  statusOf,
  type Task,
  type TaskAction,
  type TaskRefusal,
  type TaskStatus,
} from '@decree/contracts';
import { type Answer, markOf, withMark } from './broker/effects.ts';
import { createLostMerges, mergeArtifact } from './broker/merge.ts';
import type { CommandOptions, Handler } from './commands.ts';
import type { Pull } from './forge/shapes.ts';
import { GuardFailed } from './ledger/port.ts';
import { actionHash } from './policy/index.ts';
import { type About, aboutTask } from './record.ts';
import { findLinkedPull } from './runs/aftermath.ts';
import { describePause } from './runs/dispatch-pause.ts';
import { findTask } from './task-reference.ts';
import { refuseDispatch } from './workflow/dispatch.ts';

type TaskCommand = Extract<CommandType, `task.${string}`>;

/** What people do with tasks. What changes the forge is theirs, and done once per command id. */
export function createTaskCommands(options: CommandOptions): { [T in TaskCommand]: Handler<T> } {
  const { ledger, record, forge, effects, sensors, repositoryId } = options;
  const lostMerge = createLostMerges(options);

  /** A task that has an issue: to a plan's, nothing of what stands here can be done. */
  async function issueTask(reference: string): Promise<{ task: Task; issue: number }> {
    const task = await findTask(ledger, repositoryId, reference);
    if (task.issue === null)
      throw refused(refuseTask('comment', task, { run: null, pulls: [] }) ?? { code: 'not_a_task', message: 'it has no issue' });
    return { task, issue: task.issue };
  }

  /** Throws where the contracts say that it cannot be done, with the status that the forge has now. Gives the pull request that counts. */
  async function check(
    action: TaskAction,
    known: Task,
    issue: number,
  ): Promise<{ status: TaskStatus | null; pull: Pull | null }> {
    const [{ labels }, pull, run] = await Promise.all([
      forge.getIssue(issue),
      action === 'merge' ? findLinkedPull(forge, issue) : null,
      known.lastRunId === null ? null : ledger.get('runs', known.lastRunId),
    ]);
    const status = statusOf(labels);
    const task = known.sighting ? { ...known, sighting: { ...known.sighting, status } } : known;
    const refusal = refuseTask(action, task, { run, pulls: pull ? [{ number: pull.number, issues: [issue] }] : [] });
    if (refusal) throw refused(refusal);
    return { status, pull };
  }

  const isDone = async (command: Command) => (await ledger.get('effects', keyOf(command)))?.state === 'finished';

  async function comment(command: Command, task: Task, issue: number, body: string): Promise<void> {
    const key = `${keyOf(command)}:comment`;
    await effects.perform<Answer>({
      ...{
        key,
        kind: 'forge.comment.create',
        actionHash: hashOf(command),
        summary: `comment on #${issue}`,
        target: { path: `/repos/${repositoryId}/issues/${issue}/comments` },
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
      { summary: `set status:${to} on #${issue}`, target: { number: issue } },
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
    what: { summary: string; target: EffectTarget },
    about: About,
    effect: { find?: () => Promise<Answer | null>; act: () => Promise<Answer> },
    alongside?: () => Event[],
  ): Promise<{ location: string }> {
    const done = await effects.perform<Answer>({
      ...{
        key: keyOf(command),
        kind: command.type,
        actionHash: hashOf(command),
        ...what,
        about,
        grantId: null,
      },
      ...effect,
      ...(alongside && { alongside }),
    });
    return { location: (done.repeated ? done.effect.location : done.answer.location) ?? '' };
  }

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
        { summary: `open the issue "${title}"`, target: { path: `/repos/${repositoryId}/issues` } },
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
      const pause = options.pause.now();
      return {
        message: `${role} queued for #${task.issue}${pause ? `; ${describePause(pause)}` : ''}`,
        runId,
        taskId: task.id,
        ...issue,
      };
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
        {
          summary: `label #${issue}: ${[...add.map((label) => `+${label}`), ...remove.map((label) => `-${label}`)].join(' ')}`,
          target: { number: issue },
        },
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
      if (await isDone(command)) return { message: `#${issue} is unblocked already`, issue, taskId: task.id };
      const { status: from } = await check('unblock', task, issue);
      if (words) await comment(command, task, issue, words);
      await setStatus(command, task, issue, from, 'unblocked');
      return { message: `#${issue} is unblocked; dispatch it when you like`, issue, taskId: task.id };
    },

    async 'task.merge'({ task: reference }, command) {
      const { task, issue } = await issueTask(reference);
      const effect = await ledger.get('effects', keyOf(command));
      if (effect?.state === 'finished')
        return { message: `#${issue} was merged before`, issue, taskId: task.id, pull: numberIn(effect.location) };
      const lost = await lostMerge(task);
      if (lost) {
        await Promise.all([sensors.issues.look(), sensors.pulls.look()]);
        return { message: `pull request #${lost.number} is merged`, issue, pull: lost.number, taskId: task.id, url: lost.url };
      }
      const { pull } = await check('merge', task, issue);
      if (!pull) throw new DecreeError('conflict', `#${issue} has no open pull request to merge`);
      const about = byPerson(task, command);
      await perform(
        command,
        { summary: `merge pull request #${pull.number}`, target: { number: pull.number } },
        about,
        {
          find: async () => ((await forge.getPull(pull.number)).merged ? answerFor('pulls', pull.number) : null),
          act: async () => {
            await forge.mergePull(pull.number, { method: 'merge', sha: pull.head.sha }, { actor: command.actor.id });
            return answerFor('pulls', pull.number);
          },
        },
        () => [record('artifact.recorded', { artifact: mergeArtifact(pull, about, options) }, about)],
      );
      await Promise.all([sensors.issues.look(), sensors.pulls.look()]);
      return { message: `pull request #${pull.number} is merged`, issue, pull: pull.number, taskId: task.id, url: pull.url };
    },

    async 'task.requeue'({ task: reference }, command) {
      const { task, issue } = await issueTask(reference);
      const result = { message: `#${issue} is pending; dispatch it when you like`, issue, taskId: task.id };
      if (await isDone(command)) return result;
      const { status: from } = await check('requeue', task, issue);
      await setStatus(command, task, issue, from, 'pending');
      return result;
    },

    async 'task.close'({ task: reference, comment: words }, command) {
      const { task, issue } = await issueTask(reference);
      if (await isDone(command)) return { message: `#${issue} is closed`, issue, taskId: task.id };
      await check('close', task, issue);
      if (words) await comment(command, task, issue, words);
      await perform(command, { summary: `close #${issue}`, target: { number: issue } }, byPerson(task, command), {
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

const refused = ({ code, message }: TaskRefusal): DecreeError => new DecreeError('conflict', message, { details: { code } });
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
