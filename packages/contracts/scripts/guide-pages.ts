import { readText, withGenerated } from './generated.ts';
import { apiTables, approvalsTable, eventsTables, runsTables } from './guide-tables.ts';

const parts: readonly { path: string; name: string; make: () => string }[] = [
  { path: 'docs/guide/runs.md', name: 'runs', make: runsTables },
  { path: 'docs/guide/runs.md', name: 'approvals', make: approvalsTable },
  { path: 'docs/guide/events.md', name: 'events', make: eventsTables },
  { path: 'docs/guide/api.md', name: 'api', make: apiTables },
];

/** The guide's pages with what is generated in them made anew, by path; what is written by hand stays. */
export function guidePages(): Record<string, string> {
  const pages: Record<string, string> = {};
  for (const { path, name, make } of parts)
    pages[path] = withGenerated(pages[path] ?? readText(path), `write-guide.ts: ${name}`, make());
  return pages;
}
