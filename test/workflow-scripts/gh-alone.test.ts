import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Door, openDoor } from './door.ts';
import { type Checkout, makeCheckout, run } from './run.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

let door: Door;
let checkout: Checkout;
let answer: () => Answer;
let cacheFile: string;

beforeEach(async () => {
  answer = () => ({ status: 201, body: { token: `ghs_${door.received.length}`, expires_at: '2099-01-01T00:00:00Z' } });
  door = await openDoor('loopback', () => answer());
  checkout = await makeCheckout({ gh: true });
  cacheFile = join(checkout.root, 'scripts/workflow/.token-cache.json');
  await writeFile(join(checkout.root, 'app.pem'), pem);
  await configure('GH_APP_ID=42\nGH_APP_PRIVATE_KEY=app.pem # from the root\nexport GH_APP_INSTALLATION_ID="77"\n');
});
afterEach(async () => {
  await door.close();
  await checkout.remove();
});

const configure = (text: string) => writeFile(join(checkout.root, 'scripts/workflow/.env.local'), text);
const gh = (args: string[] = ['api', 'user'], root = checkout.root, env: Record<string, string> = {}) =>
  run(join(root, 'scripts/workflow/gh.sh'), args, {
    cwd: root,
    env: { PATH: checkout.path, HOME: checkout.root, GH_APP_API_URL: door.address, ...env },
  });

test('starts gh with an installation token, asked for with a JWT that the app’s key signed', async () => {
  const before = Math.floor(Date.now() / 1000);

  const outcome = await gh(['issue', 'list', '--search', 'a b']);

  expect(outcome.stdout.split('\n')).toEqual([
    'token=ghs_1',
    'host=',
    'argument=issue',
    'argument=list',
    'argument=--search',
    'argument=a b',
    '',
  ]);
  expect(outcome.exitCode).toBe(7);
  const [request] = door.received;
  expect(request).toMatchObject({ method: 'POST', url: '/app/installations/77/access_tokens' });
  const [head, claim, signature] = (request?.headers.authorization ?? '').replace('Bearer ', '').split('.') as [
    string,
    string,
    string,
  ];
  expect(verify('RSA-SHA256', Buffer.from(`${head}.${claim}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
  const { iss, iat, exp } = JSON.parse(Buffer.from(claim, 'base64url').toString());
  expect(iss).toBe('42');
  expect(exp - iat).toBe(660);
  expect(iat + 60).toBeGreaterThanOrEqual(before);
  expect(iat + 60).toBeLessThanOrEqual(before + 10);
});

test('asks once and keeps the token beside the script, for its owner only', async () => {
  await gh();
  const second = await gh();

  expect(second.stdout).toContain('token=ghs_1');
  expect(door.received).toHaveLength(1);
  expect((await stat(cacheFile)).mode & 0o777).toBe(0o600);
});

test('uses the main checkout’s settings and token from a worktree', async () => {
  const worktree = join(checkout.root, '.worktrees', 'issue-1');
  const env = { PATH: checkout.path, HOME: checkout.root };
  expect((await run('git', ['worktree', 'add', '-q', worktree], { cwd: checkout.root, env })).stderr).toBe('');

  const outcome = await gh(['api', 'user'], worktree);
  await gh();

  expect(outcome.stdout).toContain('token=ghs_1');
  expect(door.received).toHaveLength(1);
  expect(await readFile(cacheFile, 'utf8')).toContain('ghs_1');
});

describe('asks for a new token', () => {
  test.each([
    [
      'when the kept one is 55 minutes old',
      { appId: '42', installationId: '77', token: 'old', createdAt: Date.now() - 55 * 60_000 - 1 },
    ],
    [
      'when the kept one comes from the future',
      { appId: '42', installationId: '77', token: 'old', createdAt: Date.now() + 3_600_000 },
    ],
    ['when the kept one is of another app', { appId: '41', installationId: '77', token: 'old', createdAt: Date.now() }],
  ])('%s', async (_, cached) => {
    await writeFile(cacheFile, JSON.stringify(cached));

    expect((await gh()).stdout).toContain('token=ghs_1');
  });

  test('when the cache is damaged', async () => {
    await writeFile(cacheFile, '{"token": "ha');

    expect((await gh()).stdout).toContain('token=ghs_1');
  });

  test('but not when the kept one is 54 minutes old', async () => {
    await writeFile(
      cacheFile,
      JSON.stringify({ appId: '42', installationId: '77', token: 'kept', createdAt: Date.now() - 54 * 60_000 }),
    );

    expect((await gh()).stdout).toContain('token=kept');
    expect(door.received).toEqual([]);
  });
});

test.each([
  ['with its line breaks', pem.trim()],
  ['with \\n in place of line breaks', pem.trim().replaceAll('\n', '\\n')],
])('takes the key itself from the settings, %s', async (_, value) => {
  await configure(`GH_APP_ID=42\nGH_APP_PRIVATE_KEY="${value}"\nGH_APP_INSTALLATION_ID=77\n`);

  expect((await gh()).stdout).toContain('token=ghs_1');
});

describe('names the cause and never starts gh', () => {
  const expectRefusal = (outcome: { exitCode: number; stdout: string; stderr: string }, message: string) => {
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^gh\.sh: .*\n$/);
    expect(outcome.stderr).toContain(message);
  };

  test('when a setting is missing', async () => {
    await configure('GH_APP_ID=42\nGH_APP_PRIVATE_KEY=app.pem\n');
    expectRefusal(await gh(), 'GH_APP_INSTALLATION_ID is missing in');
  });

  test('when there are no settings', async () => {
    const bare = await makeCheckout({ gh: true });
    try {
      expectRefusal(await gh(['api', 'user'], bare.root), '.env.local (ENOENT): it must set GH_APP_ID');
    } finally {
      await bare.remove();
    }
  });

  test('when the key is absent', async () => {
    await configure('GH_APP_ID=42\nGH_APP_PRIVATE_KEY=absent.pem\nGH_APP_INSTALLATION_ID=77\n');
    expectRefusal(await gh(), 'GH_APP_PRIVATE_KEY cannot sign: ENOENT');
  });

  test('when the key is not one', async () => {
    await writeFile(join(checkout.root, 'app.pem'), 'nothing');
    expectRefusal(await gh(), 'Expected an RSA key in PEM form');
  });

  test('when GitHub refuses', async () => {
    answer = () => ({ status: 401, body: { message: 'A JSON web token could not be decoded' } });
    expectRefusal(await gh(), 'answered 401 A JSON web token could not be decoded for app 42, installation 77');
  });

  test('when GitHub answers without a token', async () => {
    answer = () => ({ status: 201, body: {} });
    expectRefusal(await gh(), 'answered 201 without one');
  });

  test('when GitHub cannot be reached', async () => {
    expectRefusal(
      await gh(['api', 'user'], checkout.root, { GH_APP_API_URL: 'http://127.0.0.1:1' }),
      'http://127.0.0.1:1 cannot be reached',
    );
  });

  test('when the token cannot be kept', async () => {
    await mkdir(cacheFile);
    expectRefusal(await gh(), 'cannot keep the token in');
  });

  test('when gh is not installed', async () => {
    const bare = await makeCheckout({ gh: false });
    try {
      const outcome = await run(join(checkout.root, 'scripts/workflow/gh.sh'), ['api', 'user'], {
        cwd: checkout.root,
        env: { PATH: bare.path, HOME: bare.root },
      });
      expectRefusal(outcome, 'gh is not installed');
    } finally {
      await bare.remove();
    }
  });
});
