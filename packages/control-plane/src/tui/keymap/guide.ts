import type { Scope, TuiCommand } from './command.ts';
import { commands } from './commands.ts';

const groups = [
  'Tasks',
  'Runs',
  'Approvals',
  'Engine',
  'Move',
  'Look',
  'Terminal',
] as const satisfies readonly TuiCommand['group'][];

/** A table for each group of commands, as docs/guide/tui.md shows it. */
export function keysTables(): string {
  return groups
    .map((group) => {
      const rows = commands.filter((command) => command.group === group).map(rowOf);
      return [`### ${group}`, '', '| keys | does | where | command |', '| --- | --- | --- | --- |', ...rows].join('\n');
    })
    .join('\n\n');
}

const places: Partial<Record<Scope, string>> = { everywhere: '', list: 'in the list', detail: 'in the detail' };

function rowOf({ id, keys, help, scope, writes }: TuiCommand): string {
  const shown = keys.map((key) => `\`${key.replaceAll('|', '\\|')}\``).join(' ');
  const where = places[scope] ?? `in ${scope}`;
  return `| ${shown} | ${help.replaceAll('|', '\\|')}${writes ? ' ✎' : ''} | ${where} | \`${id}\` |`;
}
