import { randomBytes } from 'node:crypto';

/** The only source of randomness. */
export interface Random {
  /** A UUIDv7 (RFC 9562): sortable by the millisecond in which it was made. */
  uuidv7(): string;
  /** An unguessable token of `bytes` random bytes, base64url. */
  token(bytes?: number): string;
}

export const systemRandom: Random = {
  uuidv7() {
    const bytes = randomBytes(16);
    const ms = Date.now();
    bytes.writeUIntBE(ms, 0, 6);
    bytes[6] = 0x70 | (bytes[6]! & 0x0f);
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  token: (bytes = 32) => randomBytes(bytes).toString('base64url'),
};
