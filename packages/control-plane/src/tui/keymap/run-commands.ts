import { AgentQuestions, type Approval, approvalCan, isQuestion, type Run, runCan } from '@decree/contracts';
import { afterDeciding } from '../actions/needs-you.ts';
import { nameOf } from '../actions/target.ts';
import type { Target, TuiCommand } from './command.ts';

const noRun = 'no agent has worked on what is selected';
const runBase = { group: 'Runs', scope: 'everywhere', writes: true, footer: null } as const;
const approvalBase = { group: 'Approvals', scope: 'everywhere', writes: true, footer: null } as const;

const pendingOf = ({ approval }: Target): Approval | null => (approval?.state === 'pending' ? approval : null);
const about = (run: Run, { task }: Target): string => (task ? nameOf(task) : run.issue ? `#${run.issue}` : run.role);

/** What is asked, short enough for the footer. */
const shortly = ({ action: { summary } }: Approval): string => (summary.length > 40 ? `${summary.slice(0, 39)}…` : summary);

/** The question as the label of the prompt, with what the agent offers. */
function questionOf(approval: Approval): { label: string; answer: (typed: string) => string } {
  const parsed = AgentQuestions.safeParse(approval.action.arguments);
  const questions = parsed.success ? parsed.data.questions : [];
  const only = questions.length === 1 ? questions[0] : undefined;
  if (!only) return { label: approval.action.summary, answer: (typed) => typed.trim() };
  const options = only.options.map(({ label }, index) => `${index + 1} ${label}`).join(' · ');
  return {
    label: options ? `${only.question} (${options}; a number, or your own words)` : only.question,
    answer: (typed) => only.options[Number(typed.trim()) - 1]?.label ?? typed.trim(),
  };
}

/** What a person does about an agent that works, and about what it asks. */
export const runCommands: readonly TuiCommand[] = [
  {
    ...runBase,
    id: 'run.cancel',
    label: 'cancel',
    help: 'Ends the agent that works on this, a Planner too. Its work is kept.',
    keys: ['x'],
    footer: 4,
    disabledReason: (_state, { run }) => (run ? runCan.cancel(run) : noRun),
    run(_state, target, abilities) {
      const { run } = target;
      if (!run) return;
      abilities.open({
        ...{ kind: 'confirm', question: `Cancel the ${run.role} on ${about(run, target)}?` },
        details: [
          run.state === 'queued' ? 'It has not begun.' : 'Its process is ended; branch and files are kept.',
          ...(run.usage.costUsd > 0 ? [`It has cost $${run.usage.costUsd.toFixed(2)} so far.`] : []),
        ],
        yes: () => abilities.execute(`cancel ${about(run, target)}`, 'run.cancel', { runId: run.id }),
      });
    },
  },
  {
    ...runBase,
    id: 'run.say',
    label: 'say',
    help: 'Tells a running agent something, or answers the question that it asks.',
    keys: ['i'],
    footer: 3,
    disabledReason(_state, target) {
      const approval = pendingOf(target);
      if (approval && isQuestion(approval)) return null;
      return target.run ? runCan.say(target.run) : noRun;
    },
    run(_state, target, abilities) {
      const { run } = target;
      const approval = pendingOf(target);
      if (approval && isQuestion(approval)) {
        const { label, answer } = questionOf(approval);
        abilities.open({
          ...{ kind: 'input', label, value: '', cursor: 0 },
          check: (value) => approvalCan.approve(approval, answer(value)),
          submit: (value) => abilities.execute('answer', 'approval.approve', { approvalId: approval.id, reason: answer(value) }),
        });
      } else if (run) {
        abilities.open({
          ...{ kind: 'input', label: `Say to the ${run.role} on ${about(run, target)}`, value: '', cursor: 0 },
          check: (value) => (value.trim() === '' ? 'write what the agent should know' : tooLong(value)),
          submit: (value) => abilities.execute(`say to ${about(run, target)}`, 'run.say', { runId: run.id, text: value.trim() }),
        });
      }
    },
  },
  {
    ...approvalBase,
    id: 'approval.approve',
    label: 'approve',
    help: 'Lets the agent do this once; a question is answered instead.',
    keys: ['a'],
    footer: 1,
    disabledReason(_state, { approval }) {
      if (!approval) return 'nothing here waits for your approval';
      // The words of an answer are still to come.
      return approvalCan.approve(approval, isQuestion(approval) ? 'answer' : null);
    },
    run(state, target, abilities) {
      const approval = pendingOf(target);
      if (!approval) return;
      if (isQuestion(approval)) sayCommand.run(state, target, abilities);
      else {
        abilities.execute(`approve: ${shortly(approval)}`, 'approval.approve', { approvalId: approval.id });
        abilities.set((now) => afterDeciding(now, approval.id));
      }
    },
  },
  {
    ...approvalBase,
    id: 'approval.deny',
    label: 'deny',
    help: 'Forbids it, with a reason that the agent reads.',
    keys: ['D'],
    footer: 2,
    disabledReason: (_state, { approval }) => (approval ? approvalCan.deny(approval) : 'nothing here waits for your approval'),
    run(_state, target, abilities) {
      const approval = pendingOf(target);
      if (!approval) return;
      abilities.open({
        ...{ kind: 'input', label: 'Deny – the reason that the agent reads', value: '', cursor: 0 },
        check: (value) => (value.trim() === '' ? 'give the reason: the agent reads it' : tooLong(value)),
        submit(value) {
          abilities.execute(`deny: ${shortly(approval)}`, 'approval.deny', { approvalId: approval.id, reason: value.trim() });
          abilities.set((now) => afterDeciding(now, approval.id));
        },
      });
    },
  },
];

const sayCommand = runCommands.find(({ id }) => id === 'run.say') as TuiCommand;

const mostCharacters = 4_000;
const tooLong = (value: string): string | null =>
  value.trim().length > mostCharacters ? `${value.trim().length} characters: ${mostCharacters} are the most` : null;
