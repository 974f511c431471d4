import { DecreeError, type Task } from '@decree/contracts';
import type { Ledger } from './ledger/port.ts';

/** The number that a person means by `#12` or `12`; null where it is something else. */
export function issueNumber(reference: string): number | null {
  const digits = /^#?([1-9]\d{0,8})$/.exec(reference)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** A task as people name it: `#12`, `12`, or its id. */
export async function findTask(ledger: Ledger, repositoryId: string, reference: string): Promise<Task> {
  const number = issueNumber(reference);
  const task = number !== null ? await ledger.taskOfIssue(repositoryId, number) : await ledger.get('tasks', reference);
  if (task) return task;
  const hint =
    number !== null
      ? 'a task is an issue with the label task:implement; the issue sensor may not have seen it yet'
      : 'name a task by its issue (#12) or its id';
  throw new DecreeError('not_found', `there is no task ${reference}: ${hint}`);
}
