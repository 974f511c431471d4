import { randomBytes, randomFillSync } from 'node:crypto';

/** The only source of randomness. */
export interface Random {
  /** A UUIDv7 (RFC 9562): sortable by the millisecond in which it was made. */
  uuidv7(): string;
  /** An unguessable token of `bytes` random bytes, base64url. */
  token(bytes?: number): string;
}

/** For ids alone, and filled for many of them at once: asked for one by one, an id took 4.8 µs instead of 0.9. */
const pool = Buffer.alloc(4_000);
const bytesPerId = 10;
let used = pool.length;
/** The milliseconds of the newest id and their text, which the ids of one millisecond share. */
let time = { ms: -1, text: '' };

export const systemRandom: Random = {
  uuidv7() {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const hex = pool.toString('hex', used, used + bytesPerId);
    // Of the last byte 2 bits choose the variant; the rest of it is not used.
    const variant = '89ab'[pool[used + bytesPerId - 1]! & 3];
    used += bytesPerId;
    const ms = Date.now();
    if (ms !== time.ms) {
      const text = ms.toString(16).padStart(12, '0');
      time = { ms, text: `${text.slice(0, 8)}-${text.slice(8)}-7` };
    }
    return `${time.text}${hex.slice(0, 3)}-${variant}${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
  },
  token: (bytes = 32) => randomBytes(bytes).toString('base64url'),
};
