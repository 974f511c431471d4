/**
 * The issues that a pull request's body closes, by GitHub's keywords (close, closes, closed, fix, fixes, fixed, resolve,
 * resolves, resolved) in front of `#N` in the same repository. Code and HTML comments are text about text, so they count
 * for nothing, as on GitHub.
 */
export function linkedIssues(body: string, repository?: { owner: string; name: string }): number[] {
  const prose = body
    .slice(0, maxScanned)
    .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
    .replace(/^ {0,3}(```+|~~~+)[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|$(?![\s\S]))/gm, ' ')
    .replace(/`[^`\n]*`/g, ' ');
  const found = new Set<number>();
  for (const match of prose.matchAll(keyword)) {
    const [, slug, number] = match;
    if (slug && slug.toLowerCase() !== `${repository?.owner}/${repository?.name}`.toLowerCase()) continue;
    found.add(Number(number));
  }
  return [...found];
}

/** GitHub's own limit on a body: nothing longer was written there. */
const maxScanned = 65_536;

const keyword = /(?<![\w-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+([\w.-]+\/[\w.-]+)?#([1-9]\d{0,8})(?![\w-])/gi;

/** Of several pull requests for one issue: the newest open non-draft one counts, then the newest open one. */
export function chooseLinkedPull<P extends { number: number; state: string; draft: boolean }>(
  pulls: readonly P[],
): P | undefined {
  const open = pulls.filter((pull) => pull.state === 'open').sort((a, b) => b.number - a.number);
  return open.find((pull) => !pull.draft) ?? open[0];
}

/** The pull requests whose body closes issue `number`. */
export function pullsForIssue<P extends { body: string }>(
  pulls: readonly P[],
  number: number,
  repository?: { owner: string; name: string },
): P[] {
  return pulls.filter((pull) => linkedIssues(pull.body, repository).includes(number));
}
