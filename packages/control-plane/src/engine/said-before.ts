import { type Command, DecreeError, type EventType } from '@decree/contracts';
import type { Ledger } from './ledger/port.ts';

/** Whether this very command was carried out, and recorded under its id; its id on anything else is a caller's mistake. */
export async function saidBefore(ledger: Ledger, command: Command, type: EventType): Promise<boolean> {
  const known = await ledger.event(command.id);
  if (known && known.type !== type)
    throw new DecreeError(
      'conflict',
      `the id ${command.id} belongs to something else (${known.type}); give each command a new one`,
    );
  return known !== null;
}
