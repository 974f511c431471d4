/** What agents, issues, branches, files and programs say is text, and what looks like a secret is not shown. */
import { afterEach, expect, it } from 'vitest';
import { openOver } from './monkey-terminal.ts';
import { harmIn } from './support/harm.ts';
import type { World } from './support/world.ts';
import { openWorld } from './support/world.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const secret = `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;
/** Clears, retitles, links, asks for an answer, writes the clipboard, leaves the other screen; with 7 and 8 bits. */
const evil =
  '\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\\x1b[6n\x1b]52;c;b3duZWQ=\x07\x1b[?1049l\x9b2J\x9d0;owned\x9c\x07\r\b';
const bidi = '\u202E\u2066\u200F';

const script = {
  'implementor#1': [
    { say: `my token is ${secret} ${evil}` },
    { think: `thinking ${evil}` },
    { ask: 'Write', input: { file_path: `a${evil}b.txt`, content: `${evil}\n` } },
    { run: `printf '\\033]0;owned\\007' && printf 'TOKEN=${secret}'` },
    {
      ask: 'AskUserQuestion',
      input: {
        questions: [{ header: evil, question: `Which? ${evil}`, multiSelect: false, options: [option('A'), option('B')] }],
      },
    },
    { warn: `dying ${evil} ${secret}` },
    { exit: 3 },
  ],
};

function option(label: string) {
  return { label: `${label}${evil}`, description: evil };
}

async function endsDead(world: World): Promise<void> {
  await world.until((rows) => rows.runs.some(({ state }) => state === 'failure'), 'the end of the agent');
}

it('reaches the terminal as text only, whatever is looked at', async () => {
  const world = await openWorld({ script });
  endings.push(() => world.remove());
  await world.addTask(
    `A title ${evil} ${bidi}`.slice(0, 250),
    ['priority:high', 'type:odd'],
    `# Body ${evil}\n\n[link${evil}](http://x.example/${evil})\n\`\`\`\n${evil}\n\`\`\`\n`,
  );
  const { terminal, close } = openOver(world.plane.engine, [120, 40]);
  endings.push(close);
  await terminal.see('A title');
  await world.command('task.dispatch', { task: '#1' });
  await terminal.see('Which?', 60_000);
  for (const keys of ['i', 'answer', '\r']) {
    terminal.type(keys);
    await terminal.screen();
  }
  await endsDead(world);
  await terminal.see('dying', 60_000);
  // Every view and every tab of every detail.
  for (const view of '1234567') {
    terminal.type(view);
    for (let tab = 0; tab < 10; tab += 1) {
      terminal.type(']');
      await new Promise((resolve) => setTimeout(resolve, 40));
      await terminal.screen();
    }
  }
  const written = terminal.written();
  expect(written).not.toContain(secret);
  expect(written).toContain('my token is [redacted]');
  expect(terminal.obeyed).toEqual([]);
  expect(harmIn(written)).toEqual([]);
}, 180_000);
