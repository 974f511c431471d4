import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Door, openDoor } from './door.ts';
import { agentBin, type Checkout, makeCheckout, run } from './run.ts';

interface Label {
  name: string;
  color: string;
  description: string | null;
}

let door: Door;
let checkout: Checkout;
const labels = new Map<string, Label>();

beforeEach(async () => {
  labels.clear();
  checkout = await makeCheckout({ gh: false });
  // GitHub's rules for labels: looked up without regard to case, renamed by new_name.
  door = await openDoor('socket', ({ method, url, body }) => {
    const name = /^\/repos\/acme\/thing\/labels(?:\/(.+))?$/.exec(url)?.[1];
    if (method === 'POST') {
      const label = JSON.parse(body) as Label;
      labels.set(label.name.toLowerCase(), label);
      return { status: 201, body: label };
    }
    const key = decodeURIComponent(name ?? '').toLowerCase();
    const found = labels.get(key);
    if (!found) return { status: 404, body: { message: 'Not Found' } };
    if (method === 'PATCH') {
      const { new_name, color, description } = JSON.parse(body) as { new_name: string; color: string; description: string };
      labels.set(key, { name: new_name, color, description });
    }
    return { status: 200, body: labels.get(key) };
  });
});
afterEach(async () => {
  await door.close();
  await checkout.remove();
});

const setupLabels = (args: string[] = [], env: Record<string, string> = { GH_REPO: 'acme/thing' }) =>
  run(join(checkout.root, 'scripts/workflow/setup-labels.sh'), args, {
    cwd: checkout.root,
    env: {
      PATH: checkout.path,
      HOME: checkout.root,
      DECREE_SOCKET: door.address,
      DECREE_AGENT_BIN: agentBin,
      GH_TOKEN: 't',
      ...env,
    },
  });

async function refuseWrites() {
  await door.close();
  door = await openDoor('socket', ({ method }) =>
    method === 'GET' ? { status: 404, body: { message: 'Not Found' } } : { status: 403, body: { message: 'Forbidden' } },
  );
}

test('creates all labels, then corrects colour, description and case, and touches no other', async () => {
  const first = await setupLabels();
  labels.set('bug', { name: 'bug', color: 'ff0000', description: null });
  labels.set('priority:high', { name: 'Priority:High', color: '000000', description: null });
  const second = await setupLabels();

  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(first.stdout.trim().split('\n')).toHaveLength(15);
  expect(
    first.stdout
      .trim()
      .split('\n')
      .every((line) => line.endsWith(': created')),
  ).toBe(true);
  expect(second.stdout).toBe(first.stdout.replaceAll(': created', ': up-to-date').replace('high: up-to-date', 'high: updated'));
  expect(labels.get('priority:high')).toEqual({ name: 'priority:high', color: 'b60205', description: 'Do this first' });
  expect(labels.get('bug')).toEqual({ name: 'bug', color: 'ff0000', description: null });
  expect(labels.get('status:approved')).toEqual({
    name: 'status:approved',
    color: '2ea44f',
    description: 'Reviewed; waits for a person to merge',
  });
});

test('finds the repository by the remote named origin', async () => {
  await run('git', ['remote', 'add', 'origin', 'git@github.com:acme/elsewhere.git'], {
    cwd: checkout.root,
    env: { PATH: checkout.path },
  });
  await refuseWrites();

  const outcome = await setupLabels([], {});

  expect(outcome.stderr).toContain('cannot write the label task:implement of acme/elsewhere');
});

test.each([
  [['x'], { GH_REPO: 'acme/thing' }, 'takes no arguments, got: x'],
  [[], {}, 'there is no remote named origin: set GH_REPO'],
  [[], { GH_REPO: 'acme/thing;$(touch y)' }, 'expected a repository as OWNER/REPO'],
  [[], { GH_REPO: 'acme/other' }, 'cannot write the label task:implement of acme/other'],
])('refuses arguments %j with %j', async (args, env, message) => {
  await refuseWrites();

  const outcome = await setupLabels(args, env as Record<string, string>);

  expect(outcome.exitCode).toBe(1);
  expect(outcome.stderr).toContain(message);
});
