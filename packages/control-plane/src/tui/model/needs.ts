import { type NeedsYou, needsYou, type State } from '@decree/contracts';
import { memoLast } from './memo.ts';

const listed = memoLast(
  ([tasks, runs, approvals, repositories]: [
    State['tasks'],
    State['runs'],
    State['approvals'],
    State['repositories'],
  ]): readonly NeedsYou[] => needsYou({ tasks, runs, approvals, repositories }),
);

/** All that needs the person; as many as there are rows under ACTION, whatever the filter hides. */
export const needsOf = ({ tasks, runs, approvals, repositories }: State): readonly NeedsYou[] =>
  listed(tasks, runs, approvals, repositories);
