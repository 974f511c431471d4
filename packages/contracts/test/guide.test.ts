import { describe, expect, it } from 'vitest';
import { readText } from '../scripts/generated.ts';
import { guidePages } from '../scripts/guide-pages.ts';
import { cancelCodes, failureCodes, runStates } from '../src/index.ts';

const command = 'node packages/contracts/scripts/write-guide.ts';

describe('the guide', () => {
  it.each(Object.entries(guidePages()))('%s shows what the code says', (path, text) => {
    expect(readText(path), `${path} differs from the code; run: ${command}`).toBe(text);
  });

  it('has a paragraph for each state of a run, and names each code of its end', () => {
    const page = readText('docs/guide/runs.md');
    for (const state of runStates) expect(page).toMatch(new RegExp(`\n### ${state}\n\n\\S`));
    for (const code of failureCodes) expect(page).toContain(`| \`${code}\` |`);
    for (const code of cancelCodes) expect(page).toContain(`\`${code}\``);
  });
});
