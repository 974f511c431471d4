import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Issue {
  number: number;
  title: string;
  body: string;
  labels: string[];
  comments: string[];
}

export interface Pull {
  number: number;
  title: string;
  body: string;
  head: string;
  reviews: { body: string }[];
}

export interface FakeForge {
  socket: string;
  issues: Issue[];
  pulls: Pull[];
  writes: string[];
  close(): Promise<void>;
}

/** As much of GitHub as the three roles use, on a Unix socket, from memory. For these tests only: the product has a forge of its own. */
export async function openFakeForge(): Promise<FakeForge> {
  const folder = await mkdtemp(join(tmpdir(), 'forge-'));
  const forge = { socket: join(folder, 's'), issues: [] as Issue[], pulls: [] as Pull[], writes: [] as string[] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const method = request.method ?? '';
      const url = request.url ?? '';
      const text = Buffer.concat(chunks).toString('utf8');
      const answer = respond(forge, method, url, text === '' ? {} : JSON.parse(text));
      if (method !== 'GET') forge.writes.push(`${method} ${url}`);
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(forge.socket, resolve));
  return {
    ...forge,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function respond(
  forge: Pick<FakeForge, 'issues' | 'pulls'>,
  method: string,
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: the bodies are GitHub's, and this is a test
  body: any,
): { status: number; body: unknown } {
  const { pathname, searchParams } = new URL(url, 'http://x');
  const [, kind, number, part] = /^\/repos\/acme\/textkit\/(issues|pulls)(?:\/(\d+)(?:\/(\w+))?)?$/.exec(pathname) ?? [];
  const issue = forge.issues.find((each) => each.number === Number(number));
  const pull = forge.pulls.find((each) => each.number === Number(number));
  const next = 1 + forge.issues.length + forge.pulls.length;
  const show = (each: Issue) => ({ ...each, labels: each.labels.map((name) => ({ name })) });
  if (kind === 'issues' && !number && method === 'GET') return { status: 200, body: forge.issues.map(show) };
  if (kind === 'issues' && !number && method === 'POST') {
    const made: Issue = { number: next, title: body.title, body: body.body, labels: body.labels, comments: [] };
    forge.issues.push(made);
    return { status: 201, body: show(made) };
  }
  if (issue && part === 'labels' && method === 'PUT') {
    issue.labels = body.labels;
    return { status: 200, body: show(issue).labels };
  }
  if (issue && part === 'comments') {
    if (method === 'POST') issue.comments.push(body.body);
    return { status: 200, body: issue.comments.map((each) => ({ body: each })) };
  }
  if (kind === 'pulls' && !number && method === 'GET') {
    return { status: 200, body: forge.pulls.filter(({ head }) => `acme:${head}` === searchParams.get('head')) };
  }
  if (kind === 'pulls' && !number && method === 'POST') {
    if (forge.pulls.some(({ head }) => head === body.head))
      return { status: 422, body: { message: 'A pull request already exists' } };
    const made: Pull = { number: next, title: body.title, body: body.body, head: body.head, reviews: [] };
    forge.pulls.push(made);
    return { status: 201, body: made };
  }
  if (pull && part === 'reviews') {
    if (method === 'POST') pull.reviews.push({ body: body.body });
    return { status: 200, body: pull.reviews };
  }
  return { status: 404, body: { message: 'Not Found' } };
}
