/*
 * An agent whose behaviour is a list of steps in a JSON file (AGENT_SCRIPT: role → steps). It speaks the adapter protocol over
 * stdio and tells what it saw in AGENT_LOG, one JSON line each. Steps:
 *   {run: COMMAND}           asks as the tool Bash, runs it by sh when allowed
 *   {ask: TOOL, input}       asks, and does nothing
 *   {side: [COMMAND, …]}     asks for all at once, then runs those that were allowed
 *   {write: PATH, text}      writes a file without asking, as a broken agent would
 *   {say: TEXT} {use: TOKENS} {wait: FILE} {hear: true} {pause: MS}
 *   {end: STATUS, message}   ends its turn; {exit: CODE} dies; {hang: true} never ends; {deaf: true} nor on SIGTERM
 * {issue}, {pull}, {branch}, {attempt} and {head} in a command come from the prompt.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const start = JSON.parse((await lines.next()).value);
const note = (what) =>
  appendFileSync(start.env.AGENT_LOG, `${JSON.stringify({ runId: start.runId, role: start.role, ...what })}\n`);
const defer = start.env.AGENT_DEFERS === 'yes';
tell({
  ...{ type: 'hello', v: 1, adapter: 'scripted', agentVersion: '1' },
  capabilities: { gate: 'every_call', resume: true, defer },
});

const memory = join(start.env.HOME, 'memory.json');
const remembered = existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : { at: 0, context: null };
const fenced = /^(`{3,})decree-context\n([\s\S]*?)\n\1$/m.exec(start.prompt);
const context = fenced ? JSON.parse(fenced[2]) : remembered.context;
const remember = (at) => {
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, JSON.stringify({ at, context }));
};
const words = {
  issue: context?.issue?.number,
  pull: context?.pull?.number,
  branch: context?.branch,
  attempt: context?.attempt,
  head: context?.pull?.head,
};
const fill = (text) => text.replace(/\{(issue|pull|branch|attempt|head)\}/g, (_, name) => String(words[name]));
note({
  event: 'start',
  resume: start.resume,
  sessionId: start.sessionId,
  model: start.model,
  cwd: start.cwd,
  token: start.env.GH_TOKEN,
});

const decisions = new Map();
const waiting = new Map();
const heard = [];
let hearing = null;
void (async () => {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) return;
    const message = JSON.parse(value);
    if (message.type === 'say') {
      heard.push(message.text);
      hearing?.();
    }
    if (message.type !== 'decision') continue;
    decisions.set(message.toolCallId, message);
    waiting.get(message.toolCallId)?.(message);
  }
})();

let calls = 0;
async function ask(tool, input, subagent) {
  calls += 1;
  const toolCallId = `${start.runId.slice(-6)}-${remembered.at}-${calls}`;
  const answer = new Promise((resolve) => waiting.set(toolCallId, resolve));
  tell({ type: 'tool.requested', toolCallId, tool, input, ...(subagent && { subagent }) });
  const { outcome, reason, answer: words } = await answer;
  note({ event: 'decision', toolCallId, tool, input, outcome, reason, ...(words !== undefined && { answer: words }) });
  return { toolCallId, outcome, reason };
}

function perform(toolCallId, command) {
  const done = spawnSync('sh', ['-c', command], { cwd: start.cwd, env: start.env, encoding: 'utf8' });
  const output = `${done.stdout}${done.stderr}`;
  note({ event: 'ran', command, status: done.status, output });
  tell({ type: 'tool.completed', toolCallId, isError: done.status !== 0, output });
}

function end(status, message) {
  tell({ type: 'turn.completed', status, message });
  process.stdout.once('drain', () => process.exit(0));
  if (process.stdout.writableLength === 0) process.exit(0);
}

const all = JSON.parse(readFileSync(start.env.AGENT_SCRIPT, 'utf8'));
const steps = all[`${start.role}#${words.issue}`] ?? all[start.role] ?? [];
const from = start.resume === 'deferred' ? remembered.at : 0;
for (let at = from; at < steps.length; at += 1) {
  const step = steps[at];
  remember(at);
  if (step.say) tell({ type: 'text', text: step.say });
  if (step.use) {
    const usage = {
      inputTokens: step.use,
      outputTokens: 1,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: 0,
      costBasis: 'unknown',
    };
    tell({ type: 'usage', model: 'scripted', usage });
  }
  if (step.write) {
    mkdirSync(dirname(join(start.cwd, step.write)), { recursive: true });
    writeFileSync(join(start.cwd, step.write), step.text);
  }
  if (step.run || step.ask) {
    const command = step.run && fill(step.run);
    const answer = await ask(
      step.ask ?? 'Bash',
      step.input ? JSON.parse(fill(JSON.stringify(step.input))) : { command },
      step.subagent,
    );
    if (answer.outcome === 'defer') {
      remember(at);
      end('deferred', 'waits');
      await new Promise(() => {});
    }
    if (answer.outcome === 'allow' && command) perform(answer.toolCallId, command);
    if (answer.outcome === 'deny' && step.endIfDenied) {
      end('ok', answer.reason);
      await new Promise(() => {});
    }
  }
  if (step.side) {
    const answers = await Promise.all(step.side.map((command) => ask('Bash', { command: fill(command) })));
    if (answers.some(({ outcome }) => outcome === 'defer')) {
      remember(at);
      end('deferred', 'waits');
      await new Promise(() => {});
    }
    answers.forEach(({ toolCallId, outcome }, index) => {
      if (outcome === 'allow') perform(toolCallId, fill(step.side[index]));
    });
  }
  if (step.wait) while (!existsSync(step.wait)) await new Promise((resolve) => setTimeout(resolve, 20));
  if (step.pause) await new Promise((resolve) => setTimeout(resolve, step.pause));
  if (step.hear) {
    if (heard.length === 0) await new Promise((resolve) => (hearing = resolve));
    note({ event: 'heard', text: heard.shift() });
  }
  if (step.deaf) process.on('SIGTERM', () => {});
  if (step.hang || step.deaf) setInterval(() => {}, 1000);
  if (step.hang || step.deaf) await new Promise(() => {});
  if (step.exit !== undefined) process.exit(step.exit);
  if (step.end) {
    end(step.end, step.message ?? '');
    await new Promise(() => {});
  }
}
end('ok', 'done');
