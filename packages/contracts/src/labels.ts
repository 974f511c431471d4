/** The values of the label `status:`, which says where a task stands. A task has one of them. */
export const taskStatuses = [
  'pending',
  'in-progress',
  'blocked',
  'needs-refinement',
  'unblocked',
  'review',
  'needs-changes',
  'approved',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** How soon it should be done; orders the lists and the queue. */
export const priorities = ['high', 'medium', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** Which model an Implementor runs on: the smaller or the larger. None: the agent definition's own. */
export const complexities = ['simple', 'complex'] as const;
export type Complexity = (typeof complexities)[number];

/** What an issue is: work to implement, or a question about a spec. Only `task:implement` becomes a task. */
export const taskTypes = ['implement', 'refinement'] as const;
export type TaskType = (typeof taskTypes)[number];

/** A label as the forge keeps it. */
export interface LabelDefinition {
  /** `category:value`. */
  readonly name: string;
  /** Six hex digits without `#`, as GitHub's API has it. */
  readonly color: string;
  readonly description: string;
}

/** Every label that the workflow uses: what the engine creates on the forge when it starts, and `setup-labels.sh` on GitHub. */
export const labelDefinitions: readonly LabelDefinition[] = [
  {
    name: 'task:implement',
    color: '1d76db',
    description: 'Implementation work',
  },
  {
    name: 'task:refinement',
    color: '5319e7',
    description: 'A question about a spec',
  },
  {
    name: 'status:pending',
    color: 'bfd4f2',
    description: 'Ready to be dispatched',
  },
  {
    name: 'status:in-progress',
    color: '0e8a16',
    description: 'An Implementor works on it',
  },
  {
    name: 'status:blocked',
    color: 'd93f0b',
    description: 'Blocked, not by the spec',
  },
  {
    name: 'status:needs-refinement',
    color: 'fbca04',
    description: 'The spec has to be made clear',
  },
  {
    name: 'status:unblocked',
    color: 'c2e0c6',
    description: 'No longer blocked',
  },
  {
    name: 'status:review',
    color: '006b75',
    description: 'Waits for, or is in, review',
  },
  {
    name: 'status:needs-changes',
    color: 'e99695',
    description: 'The review asks for changes',
  },
  { name: 'status:approved', color: '2ea44f', description: 'Ready to merge' },
  { name: 'priority:high', color: 'b60205', description: 'High priority' },
  { name: 'priority:medium', color: 'e4e669', description: 'Medium priority' },
  { name: 'priority:low', color: 'c5def5', description: 'Low priority' },
  {
    name: 'complexity:simple',
    color: 'd4c5f9',
    description: 'The smaller model will do',
  },
  {
    name: 'complexity:complex',
    color: '7057ff',
    description: 'Needs the larger model',
  },
];

/**
 * The value of the label of a category (`status`, `priority`, `complexity`, `task`), or null when there is none or one that is
 * unknown. Of several, the first in the order of `values` counts.
 */
export function labelValue<T extends string>(labels: readonly string[], category: string, values: readonly T[]): T | null {
  for (const value of values) if (labels.includes(`${category}:${value}`)) return value;
  return null;
}

/** Where the labels say a task stands; null: nowhere. */
export const statusOf = (labels: readonly string[]): TaskStatus | null => labelValue(labels, 'status', taskStatuses);
/** The priority that the labels give; null: none. */
export const priorityOf = (labels: readonly string[]): Priority | null => labelValue(labels, 'priority', priorities);
/** The complexity that the labels give; null: none. */
export const complexityOf = (labels: readonly string[]): Complexity | null => labelValue(labels, 'complexity', complexities);

/** From which statuses a person may dispatch an Implementor; in-progress only when nothing runs. */
export const dispatchableStatuses: readonly TaskStatus[] = ['pending', 'unblocked', 'needs-changes', 'in-progress'];
