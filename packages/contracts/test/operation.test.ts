import { describe, expect, it } from 'vitest';
import { wentWell } from '../src/index.ts';

describe('what the engine carried out', () => {
  it.each([0])('went well when a program ended with %i', (resultCode) => {
    expect(wentWell({ kind: 'program', resultCode })).toBe(true);
  });

  it.each([1, 127, 128, 255])(
    'failed when a program ended with %i, also where that would be a good HTTP status',
    (resultCode) => {
      expect(wentWell({ kind: 'program', resultCode })).toBe(false);
    },
  );

  it.each([200, 201, 304])('went well when the forge answered %i', (resultCode) => {
    expect(wentWell({ kind: 'forge', resultCode })).toBe(true);
  });

  it.each([400, 404, 503])('failed when the forge answered %i', (resultCode) => {
    expect(wentWell({ kind: 'forge', resultCode })).toBe(false);
  });

  it.each(['program', 'forge'] as const)('failed when there was no answer of a %s', (kind) => {
    expect(wentWell({ kind, resultCode: null })).toBe(false);
  });
});
