import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, redactSecrets, redactValue } from '../../src/engine/agents/redact.ts';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.split('');
const ofLetters = (min: number, max: number) =>
  fc.array(fc.constantFrom(...letters), { minLength: min, maxLength: max }).map((all) => all.join(''));
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.split('');
const secret = fc.oneof(
  ofLetters(36, 300).map((tail) => `ghp_${tail}`),
  ofLetters(36, 60).map((tail) => `ghs_${tail}`),
  ofLetters(60, 90).map((tail) => `github_pat_${tail}`),
  ofLetters(80, 400).map((tail) => `sk-ant-api03-${tail}`),
  fc.array(fc.constantFrom(...upper), { minLength: 16, maxLength: 16 }).map((all) => `AKIA${all.join('')}`),
  ofLetters(200, 900).map((body) => `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`),
);
const plain = fc.string({ maxLength: 80 }).map((words) => `${words} `);

describe('redaction', () => {
  it('leaves nothing of a secret, wherever it stands', () => {
    fc.assert(
      fc.property(plain, secret, plain, (before, token, after) => {
        const result = redactSecrets(`${before}${token} ${after}`);
        expect(result).toContain('[redacted]');
        expect(result).not.toContain(token.slice(8, 28));
      }),
    );
  });

  it('takes out the exact secrets that it is told, also as they look inside JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 8, maxLength: 40 }), { minLength: 1, maxLength: 4 }), plain, (known, words) => {
        const redact = createRedactor(known);
        const [one] = known as [string];
        // A secret of our own mark's letters cannot be told from the mark.
        fc.pre(known.every((each) => !'[redacted]'.includes(each)));
        expect(redact(`${words}${one}${words}`)).toContain('[redacted]');
        expect(redact(JSON.stringify({ value: one }))).toContain('[redacted]');
      }),
    );
  });

  it('leaves ordinary text as it is', () => {
    const ordinary = [
      'git push origin task-implementation-of-the-long-name-of-a-branch',
      'a risk-assessment-of-the-deployment-pipeline-in-staging',
      'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----',
      'ghp_short, AKIA and sk-ant- are beginnings',
    ];
    for (const words of ordinary) expect(redactSecrets(words)).toBe(words);
  });

  it('takes a private key whose end was cut off to the end of the text', () => {
    expect(redactSecrets('x -----BEGIN OPENSSH PRIVATE KEY-----\nabc\ndef')).toBe('x [redacted]');
  });

  it('changes the strings of a value and nothing else', () => {
    const redact = createRedactor(['swordfish']);
    expect(redactValue({ a: ['swordfish!', 1, null, { b: true }] }, redact)).toEqual({
      a: ['[redacted]!', 1, null, { b: true }],
    });
  });

  it('takes time in proportion to the length, also for text made to be slow', () => {
    const hostile = ['ghp_', 'sk-ant-', 'AKIA', '-----BEGIN ', '-----BEGIN A PRIVATE KEY-----x', 'github_pat_', 'a'];
    for (const piece of hostile) {
      const time = (length: number) => {
        const text = piece.repeat(length / piece.length);
        const from = performance.now();
        redactSecrets(text);
        return performance.now() - from;
      };
      time(100_000);
      // Quadratic time would be 64 times as much; scheduling noise is what the rest is for.
      expect(time(1_600_000)).toBeLessThan(Math.max(1_000, 30 * time(200_000)));
    }
  });
});
