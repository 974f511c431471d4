import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DecreeError, ErrorBody, errorCodes, errorTable } from '@decree/contracts';

/** Where an engine's door is: a Unix socket on this machine, or a URL. */
export type Address = { socketPath: string; url?: never } | { url: string; socketPath?: never };

export interface Call {
  method: 'GET' | 'POST';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Transport {
  /** The parsed body of a 2xx answer; everything else is thrown as DecreeError. */
  json(call: Call): Promise<unknown>;
  /** The answer itself, once its status is known to be 2xx; the caller reads it to its end or destroys it. */
  open(call: Call): Promise<IncomingMessage>;
}

/** An answer past this is not held in memory: no page of the engine's comes near it. */
const maxAnswerBytes = 256 * 1024 * 1024;

export function createTransport(address: Address & { token: string }): Transport {
  const base = baseOptions(address);
  const open = async (call: Call): Promise<IncomingMessage> => {
    const answer = await send(base, address.token, call);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw toError(status, await readText(answer));
  };
  return {
    open,
    async json(call) {
      const text = await readText(await open(call));
      try {
        return JSON.parse(text);
      } catch (error) {
        throw new DecreeError(
          'unavailable',
          `expected JSON from ${call.path}, got something else: is this an engine of Decree?`,
          {
            cause: error,
          },
        );
      }
    },
  };
}

interface Base {
  secure: boolean;
  prefix: string;
  options: RequestOptions;
}

function baseOptions({ socketPath, url }: Address): Base {
  if (socketPath !== undefined) return { secure: false, prefix: '', options: { socketPath, headers: { Host: 'decree' } } };
  const parsed = URL.parse(url);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.username || parsed.search) {
    throw new DecreeError('invalid', `expected a URL like http://127.0.0.1:4600, got ${JSON.stringify(url)}`);
  }
  return {
    secure: parsed.protocol === 'https:',
    prefix: parsed.pathname.replace(/\/$/, ''),
    options: { host: parsed.hostname.replace(/^\[|\]$/g, ''), ...(parsed.port && { port: Number(parsed.port) }) },
  };
}

function send({ secure, prefix, options }: Base, token: string, call: Call): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const search = new URLSearchParams(call.query).toString();
  let request: ClientRequest;
  try {
    request = (secure ? httpsRequest : httpRequest)({
      ...options,
      method: call.method,
      path: `${prefix}${call.path}${search && `?${search}`}`,
      // A connection of its own for each call: none is left open behind, and none that the engine has just closed is used again.
      agent: false,
      headers: {
        ...(options.headers as Record<string, string> | undefined),
        Authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
        ...call.headers,
      },
      ...(call.signal && { signal: call.signal }),
    });
  } catch (error) {
    throw new DecreeError('invalid', `the request cannot be sent: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  request.once('response', resolve);
  request.on('error', (error) => reject(call.signal?.aborted ? call.signal.reason : unreachable(error)));
  request.end(body);
  return promise;
}

function unreachable(error: NodeJS.ErrnoException): DecreeError {
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
    return new DecreeError('unavailable', 'no engine is running for this repository: start one with `control-plane`', {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new DecreeError('forbidden', 'the engine’s socket belongs to another user', { cause: error });
  }
  return new DecreeError('unavailable', `the connection to the engine broke: ${error.message}`, { cause: error });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(error as NodeJS.ErrnoException);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toError(status: number, text: string): DecreeError {
  const body = parseErrorBody(text);
  if (body) return new DecreeError(body.code, body.message, body.details ? { details: body.details } : {});
  const code =
    errorCodes.find((candidate) => errorTable[candidate].status === status) ?? (status >= 500 ? 'unavailable' : 'invalid');
  return new DecreeError(code, `the engine answered ${status} without saying why: is this an engine of Decree?`);
}

export function parseErrorBody(text: string): ErrorBody | null {
  try {
    const parsed = ErrorBody.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
