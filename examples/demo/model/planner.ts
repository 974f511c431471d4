import type { RunContext } from './run-prompt.ts';
import { api, askAll, type Ending, type Script, type Wish } from './script.ts';

interface Requirement {
  title: string;
  priority: string;
  body: string;
}

/** Makes an issue of each requirement of each approved spec, unless one of that title exists, open or closed. */
export function* planner(context: RunContext): Script {
  const issues = `repos/${context.repository}/issues`;
  const [, listed] = yield* askAll([
    { say: 'I read the specs. Let me see how the code is laid out.', name: 'Glob', input: { pattern: 'src/**/*.ts' } },
    api(
      'And which tasks exist already, closed ones too.',
      '-X',
      'GET',
      issues,
      ...['-f', 'state=all', '-f', 'labels=task:implement', '-f', 'per_page=100', '--jq', '.[].title'],
    ),
  ]);
  if (!listed?.ok)
    return end([], [], `The existing tasks could not be read, so nothing was created: ${listed?.refused ?? listed?.text}`);
  const existing = new Set(
    [...listed.text.split('\n'), ...(context.openTaskIssues ?? []).map(({ title }) => title)].map(normalise),
  );

  const missing: Requirement[] = [];
  const unchanged: string[] = [];
  for (const spec of (context.specs ?? []).filter(({ content }) => isApproved(content))) {
    for (const requirement of readRequirements(spec.path, spec.content)) {
      if (existing.has(normalise(requirement.title))) {
        unchanged.push(requirement.title);
        continue;
      }
      existing.add(normalise(requirement.title));
      missing.push(requirement);
    }
  }
  const outcomes = yield* askAll(missing.map((requirement) => open(issues, requirement)));
  const created = outcomes.filter(({ ok }) => ok).map(({ text }) => text.trim());
  const failed = outcomes.findIndex(({ ok }) => !ok);
  if (failed >= 0) {
    const why = outcomes[failed]?.refused ?? outcomes[failed]?.text;
    return end(created, unchanged, `The task “${missing[failed]?.title}” could not be created: ${why}`);
  }
  const named =
    created.length > 0 ? `Created ${created.map((number) => `#${number}`).join(', ')}.` : 'Nothing had to be created.';
  return end(created, unchanged, unchanged.length > 0 ? `${named} Tasks exist already for: ${unchanged.join('; ')}.` : named);
}

function open(issues: string, { title, body, priority }: Requirement): Wish {
  const labels = ['task:implement', 'status:pending', `priority:${priority}`, 'complexity:simple'];
  return api(
    `This requirement has no task yet: ${title}.`,
    issues,
    ...['-f', `title=${title}`, '-f', `body=${body}`],
    ...labels.flatMap((label) => ['-f', `labels[]=${label}`]),
    ...['--jq', '.number'],
  );
}

function end(created: string[], unchanged: string[], summary: string): Ending {
  return { say: summary, data: { created: created.map(Number), updated: [], closed: [], unchanged, refinement: [], summary } };
}

/** Each `###` heading under `## Requirements` is one. */
function readRequirements(path: string, content: string): Requirement[] {
  const section = /^## Requirements[^\n]*\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(content)?.[1] ?? '';
  return section
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const text = lines.join('\n');
      const criteria = lines.filter((line) => line.startsWith('- [ ] '));
      const prose = lines.filter((line) => line !== '' && !line.startsWith('- [ ] ') && !line.startsWith('Priority:'));
      return {
        title: title.trim(),
        priority: /^Priority: *(high|medium|low)/m.exec(text)?.[1] ?? 'medium',
        body: `Spec: ${path}\n\n## What\n${prose.join('\n')}\n\n## Acceptance criteria\n${criteria.join('\n')}\n`,
      };
    });
}

function isApproved(content: string): boolean {
  const frontmatter = /^---\n([\s\S]*?)\n---/.exec(content)?.[1];
  return frontmatter === undefined || /^status: *["']?approved["']? *$/m.test(frontmatter);
}

const normalise = (title: string) => title.trim().toLowerCase();
