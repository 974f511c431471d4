/*
 * An agent that does anything at random, from the seed in argv[2] and the run's own id: talks (with what terminals would obey,
 * and with what looks like a secret), thinks, runs commands, asks what needs an approval, asks questions, works, dies, hangs.
 */
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const start = JSON.parse((await lines.next()).value);
const capabilities = { gate: 'every_call', resume: true, defer: false };
tell({ type: 'hello', v: 1, adapter: 'monkey', agentVersion: '1', capabilities });

let state = [...`${process.argv[2]}${start.runId}`].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7);
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const below = (count) => Math.floor(random() * count);
const pick = (from) => from[below(from.length)];

const decisions = new Map();
void (async () => {
  for await (const line of lines) {
    const message = JSON.parse(line);
    if (message.type === 'decision') decisions.get(message.toolCallId)?.(message);
    if (message.type === 'say') tell({ type: 'text', text: `I was told: ${message.text}` });
  }
})();

let calls = 0;
async function use(tool, input, command) {
  calls += 1;
  const toolCallId = `${start.runId.slice(-6)}-${calls}`;
  const answer = new Promise((resolve) => decisions.set(toolCallId, resolve));
  tell({ type: 'tool.requested', toolCallId, tool, input });
  const { outcome, reason } = await answer;
  if (outcome !== 'allow') return tell({ type: 'tool.completed', toolCallId, isError: true, output: reason });
  const done = command && spawnSync('sh', ['-c', command], { cwd: start.cwd, env: start.env, encoding: 'utf8' });
  return tell({
    ...{ type: 'tool.completed', toolCallId, isError: Boolean(done?.status) },
    output: done ? `${done.stdout}${done.stderr}` : 'done',
  });
}
const run = (command) => use('Bash', { command }, command);
const words = [
  'plain words',
  '\x1b[2J\x1b]0;owned\x07\x1b[?1049l cleared?',
  '\u202Eright to left\u202C and 収入印紙 👩‍👩‍👧 e\u0301\u0301\u0301',
  'line\nafter\nline '.repeat(20),
  '\x9b31mred\r\roverwritten\b\b\b',
];
const question = { header: 'Which', question: 'Which of these? \x1b[31m', multiSelect: false };
const options = [
  { label: 'One', description: 'the first' },
  { label: 'Two', description: 'the second' },
];
const acts = [
  () => tell({ type: 'text', text: pick(words) }),
  () => tell({ type: 'thinking', text: pick(words) }),
  () => tell({ type: 'usage', model: 'small', usage: usage() }),
  () => run('ls'),
  () => run('cat nothing-there'),
  () => run('node scripts/migrate.mjs'),
  () => use('AskUserQuestion', { questions: [{ ...question, options }] }),
  () => later(below(400)),
  async () => {
    for (let line = below(60); line > 0; line -= 1) tell({ type: 'text', text: `line ${line}` });
  },
];
const usage = () => ({
  ...{ inputTokens: below(2000), outputTokens: below(500), cacheReadTokens: 0, cacheWriteTokens: 0 },
  ...{ costUsd: below(50) / 100, costBasis: 'reported' },
});
for (let left = 2 + below(8); left > 0; left -= 1) await pick(acts)();
const fate = below(6);
if (fate === 0) {
  process.stderr.write('the model hung up \x1b[2J\n');
  process.exit(3);
}
if (fate === 1) await later(20_000);
tell({ type: 'turn.completed', status: fate === 2 ? 'error' : 'ok', message: 'done' });
process.stdout.once('drain', () => process.exit(0));
if (process.stdout.writableLength === 0) process.exit(0);
