import { describe, expect, it } from 'vitest';
import { readText } from '../scripts/generated.ts';
import { guidePages } from '../scripts/guide-pages.ts';
import { cancelCauses, failureReasons, runStates } from '../src/index.ts';

const command = 'node --import tsx packages/contracts/scripts/write-guide.ts';

describe('the guide', () => {
  it.each(Object.entries(guidePages()))('%s shows what the code says', (path, text) => {
    expect(readText(path), `${path} differs from the code; run: ${command}`).toBe(text);
  });

  it('has a paragraph for each state of a run, and names each reason of its end', () => {
    const page = readText('docs/guide/runs.md');
    for (const state of runStates) expect(page).toMatch(new RegExp(`\n### ${state}\n\n\\S`));
    for (const reason of failureReasons) expect(page).toContain(`| \`${reason}\` |`);
    for (const cause of cancelCauses) expect(page).toContain(`\`${cause}\``);
  });
});
