import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Refusal } from './refuse.ts';

/** The largest request body that is read: a forge's largest comment (65,536 characters) fits many times. */
export const maxBodyBytes = 1024 * 1024;

/** Refuses a body past the limit with 413, before it is held in memory whole. */
export const limitBody = bodyLimit({
  maxSize: maxBodyBytes,
  onError: () => {
    throw new Refusal('invalid', `expected a body of at most ${maxBodyBytes} bytes`, {
      status: 413,
      headers: { Connection: 'close' },
    });
  },
});

/** The JSON value of the body; undefined when there is none and `optional` is set. JSON only: 415 for anything else. */
export async function readJson(c: Context, options: { optional?: boolean } = {}): Promise<unknown> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length === 0 && options.optional) return undefined;
  const contentType = c.req.header('content-type') ?? '';
  if (contentType.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Refusal('invalid', `expected Content-Type application/json, got ${JSON.stringify(contentType.slice(0, 100))}`, {
      status: 415,
    });
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Refusal('invalid', `expected a body of JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`);
  }
}
