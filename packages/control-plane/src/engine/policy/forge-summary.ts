import type { ActionKind } from '@decree/contracts';

type Args = Record<string, unknown>;

/** One line for the person who approves: what it does, to what, and its first words. */
export function summariseForge(kind: ActionKind, args: Args): string {
  const place = args.issue !== undefined ? `issue #${args.issue}` : args.pull !== undefined ? `pull request #${args.pull}` : '';
  switch (kind) {
    case 'forge.issue.create':
      return `create an issue (${list(args.labels ?? [])}): ${text(args.title)}`;
    case 'forge.issue.update':
      return `change ${Object.keys(args)
        .filter((key) => key !== 'issue')
        .join(', ')} of ${place}`;
    case 'forge.issue.close':
      return `close ${place}`;
    case 'forge.label.set':
      return `${args.operation} labels on ${place}: ${list(args.labels ?? [])}`;
    case 'forge.comment.create':
      return `comment on ${place}: ${text(args.body)}`;
    case 'forge.pull.create':
      return `open a ${args.draft ? 'draft ' : ''}pull request from ${text(args.head)} into ${text(args.base)}: ${text(args.title)}`;
    case 'forge.pull.update':
      return `change ${Object.keys(args)
        .filter((key) => key !== 'pull')
        .join(', ')} of ${place}`;
    case 'forge.pull.merge':
      return place ? `merge ${place}` : `merge ${text(args.head)} into ${text(args.base)}`;
    default:
      return `review ${place}: ${text(args.event ?? 'pending')}`;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value.replace(/\s+/g, ' ') : JSON.stringify(value ?? null));
const list = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(', ') : text(value));
