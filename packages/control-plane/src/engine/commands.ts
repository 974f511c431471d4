import { createHash } from 'node:crypto';
import {
  approvalCan,
  type Command,
  type CommandResult,
  type CommandType,
  commandInputs,
  DecreeError,
  describeIssues,
  type ParsedCommandInput,
  runCan,
} from '@decree/contracts';
import type { Effects } from './broker/effects.ts';
import type { Coordinator } from './coordinate.ts';
import type { Forge } from './forge/port.ts';
import type { Ledger } from './ledger/port.ts';
import { createOperatorCommands } from './operator-commands.ts';
import { aboutApproval, aboutRun, type RecordEvent } from './record.ts';
import { asDecreeError } from './refusals.ts';
import type { DispatchPause } from './runs/dispatch-pause.ts';
import type { Enqueue } from './runs/enqueue.ts';
import type { LiveRuns } from './runs/live-runs.ts';
import type { Supervisor } from './runs/supervise.ts';
import { saidBefore } from './said-before.ts';
import type { Sensor } from './sensors/sensor.ts';
import type { Clock } from './system/clock.ts';
import type { Random } from './system/random.ts';
import { createTaskCommands } from './task-commands.ts';
import type { Workspaces } from './workspaces/port.ts';

export interface CommandOptions {
  ledger: Ledger;
  record: RecordEvent;
  forge: Forge;
  effects: Effects;
  enqueue: Enqueue;
  supervisor: Supervisor;
  coordinator: Coordinator;
  liveRuns: LiveRuns;
  pause: DispatchPause;
  workspaces: Workspaces;
  sensors: { issues: Sensor; specs: Sensor; pulls: Sensor };
  clock: Clock;
  random: Random;
  repositoryId: string;
  /** Begins the orderly stop; does not wait for it. */
  requestStop: () => void;
}

export type Handler<T extends CommandType> = (input: ParsedCommandInput<T>, command: Command) => Promise<CommandResult>;
type Handlers = { [T in CommandType]: Handler<T> };

const rememberedAnswers = 1_000;

/** What people tell the engine. Outside effects are theirs, brokered like an agent's: once per command id. */
export function createCommands(options: CommandOptions): (command: Command) => Promise<CommandResult> {
  const { ledger, record, sensors } = options;

  const handlers: Handlers = {
    ...createTaskCommands(options),
    ...createOperatorCommands(options),

    async 'plan.start'() {
      await sensors.specs.look();
      await options.coordinator.turn({ insist: true });
      const plan = (await ledger.listTasks({ kind: 'plan', state: 'open', limit: 1 })).items[0];
      if (!plan) return { message: 'every approved spec is planned already' };
      return {
        message: `${plan.title}: the Planner is ${plan.activeRunId ? 'at it' : 'being concluded'}`,
        taskId: plan.id,
        ...(plan.activeRunId && { runId: plan.activeRunId }),
      };
    },

    async 'run.cancel'({ runId, reason }, command) {
      const message = 'the run is being canceled; its work is kept';
      const [canceled] = (await ledger.listEvents({ runId, type: 'run.canceled', limit: 1 })).items;
      if (canceled?.causationId === command.id) return { message, runId };
      await options.supervisor.cancel(runId, {
        code: 'person',
        message: reason ?? 'canceled by a person',
        actor: command.actor,
        commandId: command.id,
      });
      return { message, runId };
    },

    async 'run.say'({ runId, text }, command) {
      const run = await ledger.get('runs', runId);
      if (!run) throw new DecreeError('not_found', `there is no run ${runId}`);
      const told = await saidBefore(ledger, command, 'run.told');
      if (!told) {
        const say = options.liveRuns.get(runId)?.say;
        if (!say)
          throw new DecreeError('conflict', runCan.say(run) ?? 'its agent does not listen yet; try again in a moment', {
            details: { state: run.state },
          });
        await ledger.commit({
          events: [{ ...record('run.told', { text }, { ...aboutRun(run), actor: command.actor }), id: command.id }],
        });
        say(text, command.actor.id);
      }
      return { message: 'told', runId };
    },

    'approval.approve': ({ approvalId, reason }, command) => decide(command, approvalId, 'approved', reason ?? null),
    'approval.deny': ({ approvalId, reason }, command) => decide(command, approvalId, 'denied', reason),

    async 'engine.stop'() {
      options.requestStop();
      return { message: 'the engine is stopping; agents are waited for' };
    },
  };

  async function decide(
    command: Command,
    approvalId: string,
    outcome: 'approved' | 'denied',
    reason: string | null,
  ): Promise<CommandResult> {
    const approval = await ledger.get('approvals', approvalId);
    if (!approval) throw new DecreeError('not_found', `there is no approval ${approvalId}`);
    const { taskId, runId } = approval;
    const result = { message: `${outcome}: ${approval.action.summary}`, taskId, runId };
    if (await saidBefore(ledger, command, 'policy.approval_decided')) return result;
    const refusal = outcome === 'approved' ? approvalCan.approve(approval, reason) : approvalCan.deny(approval);
    if (refusal) throw new DecreeError('conflict', refusal, { details: { state: approval.state } });
    const about = { ...aboutApproval(approval), actor: command.actor };
    try {
      await ledger.commit({
        events: [{ ...record('policy.approval_decided', { approvalId, outcome, reason }, about), id: command.id }],
        guards: [{ type: 'approval', approvalId, states: ['pending'] }],
      });
    } catch (error) {
      const now = await ledger.get('approvals', approvalId);
      if (!now || now.state === 'pending') throw error;
      throw new DecreeError('conflict', `this approval is ${now.state} already`, { details: { state: now.state }, cause: error });
    }
    return result;
  }

  async function carryOut(command: Command): Promise<CommandResult> {
    const input = commandInputs[command.type].safeParse(command.input);
    if (!input.success)
      throw new DecreeError('invalid', `${command.type}: ${describeIssues(input.error)}`, { cause: input.error });
    try {
      return await (handlers[command.type] as Handler<CommandType>)(input.data, command);
    } catch (error) {
      throw asDecreeError(error);
    }
  }

  /** By command id, with the hash of what was asked; of the last ones only: who lost an answer asks again soon. A refusal is no answer. */
  const answers = new Map<string, { asked: string; answer: Promise<CommandResult> }>();

  return (command) => {
    const asked = createHash('sha256')
      .update(JSON.stringify([command.type, command.actor, command.input]))
      .digest('base64');
    const known = answers.get(command.id);
    if (known?.asked === asked) return known.answer;
    const answer = carryOut(command);
    // The id of something else: what was answered to that stays.
    if (known) return answer;
    answers.set(command.id, { asked, answer });
    answer.catch(() => answers.delete(command.id));
    const [oldest] = answers.keys();
    if (answers.size > rememberedAnswers && oldest) answers.delete(oldest);
    return answer;
  };
}
