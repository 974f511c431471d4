/*
 * An agent that talks without end: RATE reports a second (argv[2]), ten at a time as models do, numbered, most of them text, and
 * every few seconds a tool call that waits for its decision. It ends when its input does.
 */
import { createInterface } from 'node:readline';

const rate = Number(process.argv[2]);
const perTurn = 10;
const callEvery = 1_000;
const tell = (messages) => process.stdout.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
const capabilities = { gate: 'every_call', resume: true, defer: false };
const words = 'reads the module, finds where the total is rounded, and writes a test that fails before it changes anything'.split(
  ' ',
);

const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit(0));
let started = false;
input.on('line', (line) => {
  const message = JSON.parse(line);
  if (message.type === 'start' && !started) begin();
  if (message.type === 'cancel') process.exit(0);
  if (message.type === 'decision')
    tell([
      { type: 'tool.completed', toolCallId: message.toolCallId, isError: message.outcome !== 'allow', output: 'A project.' },
    ]);
});

function begin() {
  started = true;
  tell([{ type: 'hello', v: 1, adapter: 'talker', agentVersion: '1', capabilities }]);
  const beganAt = performance.now();
  let said = 0;
  setInterval(
    () => {
      const due = Math.floor(((performance.now() - beganAt) / 1_000) * rate);
      while (said + perTurn <= due) {
        const messages = [];
        for (let index = 0; index < perTurn; index += 1, said += 1) messages.push(report(said));
        tell(messages);
      }
    },
    (1_000 / rate) * perTurn,
  );
}

function report(number) {
  if (number % callEvery === callEvery - 1)
    return { type: 'tool.requested', toolCallId: `call-${number}`, tool: 'Read', input: { file_path: 'README.md' } };
  const from = number % words.length;
  return {
    type: 'text',
    text: `L${String(number).padStart(7, '0')} ${[...words.slice(from), ...words.slice(0, from)].join(' ').slice(0, 40 + (number % 50))}`,
  };
}
