#!/usr/bin/env node
/**
 * `gh api` for an agent's shell where `gh` is not installed: the same arguments, output and exit codes, over the
 * engine's Unix socket (DECREE_SOCKET) only. Any Node ≥ 18, no dependency. It holds no credential: GH_TOKEN is the
 * run's own token, which means something to that socket and to nobody else.
 */
import { createRequire } from 'node:module';
import { buildQuery, parseArguments } from './gh-api-arguments.mjs';
import { compileJq } from './gh-api-jq.mjs';

// Not by `import`: that looks at every export, and one of them loads the whole of undici: 80 of 130 ms of each call.
const { request } = createRequire(import.meta.url)('node:http');
const timeoutMs = 60_000;

main(process.argv.slice(2), process.env).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error) => {
    console.error(`gh: ${error.message}`);
    process.exitCode = 1;
  },
);

async function main(args, env) {
  // Everything that can be refused is refused before a request is made: a write must not happen behind an error.
  const call = parseArguments(args, env);
  const filter = call.jq === undefined ? undefined : compileJq(call.jq);
  if (!env.DECREE_SOCKET) throw new Error('DECREE_SOCKET is not set: `gh api` works without gh beside a running engine only');
  if (!env.GH_TOKEN) throw new Error('GH_TOKEN is not set: the engine gives every run one');

  let path = call.path;
  const pages = [];
  for (;;) {
    const answer = await send({ ...call, path }, env);
    if (call.include) process.stdout.write(formatHead(answer));
    if (answer.status >= 300) return refuse(answer);
    if (!call.paginate) {
      write(answer.body, filter);
      return 0;
    }
    const next = nextPage(answer.headers.link);
    const page = parseJson(answer.body);
    if (filter || !Array.isArray(page)) {
      write(answer.body, filter);
    } else {
      pages.push(...page);
      if (!next) process.stdout.write(JSON.stringify(pages));
    }
    if (!next) return 0;
    path = next;
  }
}

function send(call, env) {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: env.DECREE_SOCKET,
      method: call.method,
      path: call.path,
      headers: {
        host: 'api.github.com',
        authorization: `token ${env.GH_TOKEN}`,
        accept: '*/*',
        'user-agent': 'decree-gh-api',
        ...(call.body !== undefined && {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(call.body),
        }),
        ...call.headers,
      },
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    outgoing.on('error', (error) => reject(new Error(`the engine cannot be reached at ${env.DECREE_SOCKET}: ${error.message}`)));
    outgoing.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', (error) => reject(new Error(`the answer was cut: ${error.message}`)));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode, reason: response.statusMessage, headers: response.headers, body });
      });
    });
    outgoing.end(call.body);
  });
}

function write(body, filter) {
  if (!filter) process.stdout.write(body);
  else for (const line of filter(parseJson(body))) process.stdout.write(`${line}\n`);
}

function parseJson(body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`expected JSON in the answer, got: ${body.slice(0, 80)}`);
  }
}

/** Like gh: the body on stdout, one line with the message and the status on stderr, exit code 1. */
function refuse(answer) {
  process.stdout.write(answer.body);
  let message = answer.reason ?? '';
  try {
    const parsed = JSON.parse(answer.body);
    if (typeof parsed.message === 'string' && parsed.message) message = parsed.message;
    for (const each of Array.isArray(parsed.errors) ? parsed.errors : []) {
      const text =
        typeof each === 'string' ? each : (each.message ?? [each.resource, each.field, each.code].filter(Boolean).join(' '));
      if (text) message += `\n${text}`;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const [first, ...rest] = message.split('\n');
  console.error([`gh: ${first} (HTTP ${answer.status})`, ...rest].join('\n'));
  return 1;
}

function nextPage(link) {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return next && buildQuery(next);
}

function formatHead(answer) {
  const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${answer.status} ${answer.reason}\r\n${lines.join('\r\n')}\r\n\r\n`;
}
