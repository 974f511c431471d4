// An adapter that does wrong what the task's body names after "do: "; see docs/guide/adapters.md for what would be right.
import { createInterface } from 'node:readline';

const capabilities = { gate: 'every_call', resume: true, defer: false };
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const hello = () => write({ type: 'hello', v: 1, adapter: 'misbehaving', agentVersion: '1', capabilities });
const end = () => write({ type: 'turn.completed', status: 'ok', message: 'done' });

const deeds = {
  chatter() {
    process.stdout.write('npm warn something\n<html>\n', () => process.exit(0));
  },
  crash() {
    hello();
    process.stderr.write('\u001b[31mno such model\u001b]0;pwned\u0007\n', () => process.exit(7));
  },
  noise() {
    hello();
    process.stdout.write(Buffer.from([0, 255, 254, 10]));
    write({ type: 'text', text: 'x'.repeat(5 * 1024 * 1024) });
    write({ type: 'text', text: 'and \u001b]0;pwned\u0007on' });
    end();
  },
  substitute() {
    hello();
    const input = { command: 'git commit -m "$(touch ../../pwned)"' };
    write({ type: 'tool.requested', toolCallId: 'c1', tool: 'Bash', input });
  },
  never() {
    hello();
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1_000);
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.type === 'start') deeds[/do: (\w+)/.exec(message.prompt)[1]]();
  if (message.type === 'decision') {
    write({ type: 'text', text: `heard ${message.outcome}` });
    write({ type: 'tool.completed', toolCallId: 'c1', isError: true, output: message.reason });
    end();
  }
});
