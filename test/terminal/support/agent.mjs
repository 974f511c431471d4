/*
 * An agent of the terminal's tests: it does what the steps in a JSON file (argv[2]: `role#issue@attempt`, `role#issue` or
 * `role` → steps) say, and tells what it heard in the file argv[3], one JSON line each. Steps:
 *   {say} {think} {use: DOLLARS} {write: PATH, text} {run: COMMAND} {ask: TOOL, input} {hear: true}
 *   {wait: FILE}        goes on when the file is there
 *   {lines: N, every}   says N numbered lines, `every` milliseconds apart
 *   {warn: TEXT}        on stderr; {exit: CODE} dies; {hang: true} never ends; {end: STATUS, message}
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const [, , scriptFile, logFile] = process.argv;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const note = (what) => appendFileSync(logFile, `${JSON.stringify(what)}\n`);
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const start = JSON.parse((await lines.next()).value);
const capabilities = { gate: 'every_call', resume: true, defer: false };
tell({ type: 'hello', v: 1, adapter: 'scripted', agentVersion: '1', capabilities });

const fenced = /^(`{3,})decree-context\n([\s\S]*?)\n\1$/m.exec(start.prompt);
const context = fenced ? JSON.parse(fenced[2]) : {};
const words = { issue: context.issue?.number, pull: context.pull?.number, branch: context.branch };
const fill = (text) => text.replace(/\{(issue|pull|branch)\}/g, (_, name) => String(words[name]));
note({ event: 'start', role: start.role, issue: words.issue });

const decisions = new Map();
const heard = [];
let hearing = () => undefined;
void (async () => {
  for await (const line of lines) {
    const message = JSON.parse(line);
    if (message.type === 'decision') decisions.get(message.toolCallId)?.(message);
    if (message.type !== 'say') continue;
    heard.push(message.text);
    hearing();
  }
})();

let calls = 0;
async function ask(tool, input) {
  calls += 1;
  const toolCallId = `${start.runId.slice(-6)}-${calls}`;
  const answer = new Promise((resolve) => decisions.set(toolCallId, resolve));
  tell({ type: 'tool.requested', toolCallId, tool, input });
  const { outcome, reason, answer: said } = await answer;
  note({ event: 'decision', issue: words.issue, tool, outcome, reason, answer: said });
  return { toolCallId, outcome, reason, said };
}

async function act(step) {
  const command = step.run && fill(step.run);
  const { toolCallId, outcome, reason, said } = await ask(step.ask ?? 'Bash', step.input ?? { command });
  if (outcome !== 'allow') {
    tell({ type: 'tool.completed', toolCallId, isError: true, output: reason });
    tell({ type: 'text', text: `I was refused: ${reason}` });
  } else if (command) {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { cwd: start.cwd, env: start.env, encoding: 'utf8' });
    tell({ type: 'tool.completed', toolCallId, isError: status !== 0, output: `${stdout}${stderr}` });
  } else {
    if (step.write) {
      mkdirSync(dirname(join(start.cwd, step.write)), { recursive: true });
      writeFileSync(join(start.cwd, step.write), step.text);
    }
    tell({ type: 'tool.completed', toolCallId, isError: false, output: said ?? 'done' });
  }
}

function end(status, message) {
  tell({ type: 'turn.completed', status, message });
  process.stdout.once('drain', () => process.exit(0));
  if (process.stdout.writableLength === 0) process.exit(0);
  return new Promise(() => undefined);
}

const all = JSON.parse(readFileSync(scriptFile, 'utf8'));
const about = `${start.role}#${words.issue}`;
for (const step of all[`${about}@${context.attempt}`] ?? all[about] ?? all[start.role] ?? []) {
  if (step.say) tell({ type: 'text', text: step.say });
  if (step.think) tell({ type: 'thinking', text: step.think });
  if (step.use) {
    const tokens = { inputTokens: 1200, outputTokens: 340, cacheReadTokens: 9000, cacheWriteTokens: 800 };
    tell({ type: 'usage', model: 'small', usage: { ...tokens, costUsd: step.use, costBasis: 'reported' } });
  }
  if (step.run || step.ask) await act(step);
  if (step.lines) {
    for (let line = 1; line <= step.lines; line += 1) {
      tell({ type: 'text', text: `line ${line}` });
      if (step.every) await later(step.every);
    }
  }
  if (step.wait) while (!existsSync(step.wait)) await later(20);
  if (step.hear) {
    if (heard.length === 0) await new Promise((resolve) => (hearing = resolve));
    const text = heard.shift();
    note({ event: 'heard', issue: words.issue, text });
    tell({ type: 'text', text: `I was told: ${text}` });
  }
  if (step.warn) await new Promise((resolve) => process.stderr.write(`${step.warn}\n`, resolve));
  if (step.exit !== undefined) process.exit(step.exit);
  if (step.hang) {
    setInterval(() => undefined, 60_000);
    await new Promise(() => undefined);
  }
  if (step.end) await end(step.end, step.message ?? '');
}
await end('ok', 'done');
