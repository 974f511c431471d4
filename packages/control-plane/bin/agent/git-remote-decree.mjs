// A git remote helper (gitremote-helpers(7), capability "push") that hands each ref to the engine's door and reports what
// it answered. It moves no objects: the engine reads them from the repository, and decides which ref may pass.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

// Not by `import`: that looks at every export, and one of them loads the whole of undici: 80 ms of each push.
const { request } = createRequire(import.meta.url)('node:http');
const socketPath = process.env.DECREE_SOCKET;
const say = (text) => process.stdout.write(text);
let dryRun = false;

/** The ids that refspecs name are looked up by the agent's own git, in the agent's own environment. */
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** Local branches stand for remote ones of unknown value ("?"): without a name to match, git itself would refuse `push :branch`. */
function list(forPush) {
  if (forPush) {
    const refs = git('for-each-ref', '--format=%(refname)', 'refs/heads').split('\n').filter(Boolean);
    for (const ref of refs) say(`? ${ref}\n`);
  } else {
    process.stderr.write('decree: nothing is fetched from inside a run; what is needed is in the repository already.\n');
  }
  say('\n');
}

function post(push) {
  const body = JSON.stringify(push);
  return new Promise((resolve, reject) => {
    if (!socketPath) throw new Error('DECREE_SOCKET is not set: push from inside a run only');
    const headers = {
      Host: 'decree',
      Authorization: `token ${process.env.GH_TOKEN ?? ''}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    };
    const sent = request({ socketPath, path: '/agent/push', method: 'POST', headers, timeout: 300_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text = (text + chunk).slice(0, 64 * 1024);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 300 s')));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** null if the door let it pass, else why not, on one line. */
async function push(spec) {
  const force = spec.startsWith('+');
  const [source = '', ref = ''] = spec.slice(force ? 1 : 0).split(':');
  try {
    const sha = source === '' ? null : git('rev-parse', '--verify', '--end-of-options', `${source}^{}`);
    if (dryRun) return null;
    const { status, text } = await post({ ref, sha, force, delete: source === '' });
    let answer = {};
    try {
      answer = JSON.parse(text);
    } catch {
      answer = { message: text };
    }
    if (status >= 200 && status < 300 && answer.ok !== false) return null;
    const reason = answer.reason ?? answer.error?.message ?? answer.message ?? answer.error;
    return typeof reason === 'string' && reason ? reason : `the engine answered ${status}`;
  } catch (error) {
    return error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? `no engine listens on ${socketPath}` : error.message;
  }
}

function option(name, value) {
  if (name === 'dry-run') dryRun = value === 'true';
  return ['dry-run', 'verbosity', 'progress'].includes(name) ? 'ok' : 'unsupported';
}

const batch = [];
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ');
  if (command === 'capabilities') say('push\noption\n\n');
  else if (command === 'option') say(`${option(rest[0], rest.slice(1).join(' '))}\n`);
  else if (command === 'list') list(rest[0] === 'for-push');
  else if (command === 'push') batch.push(rest.join(' '));
  else if (line === '') {
    if (batch.length === 0) break;
    for (const spec of batch.splice(0)) {
      const ref = spec.slice(spec.indexOf(':') + 1);
      const reason = await push(spec);
      say(reason === null ? `ok ${ref}\n` : `error ${ref} ${reason.replace(/\s+/g, ' ').trim().slice(0, 500)}\n`);
    }
    say('\n');
  } else {
    process.stderr.write(`decree: unknown command ${command}\n`);
    process.exit(1);
  }
}
