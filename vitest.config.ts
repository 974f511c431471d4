import { defineConfig } from 'vitest/config';

/** `vitest run` takes *.test.ts; `--mode soak` takes the long forms, *.soak.ts, one file at a time so that they measure what they mean to. */
export default defineConfig(({ mode }) => {
  const soak = mode === 'soak';
  const name = soak ? 'soak' : 'test';
  return {
    test: {
      name,
      include: [`packages/*/test/**/*.${name}.{ts,tsx}`, `test/**/*.${name}.{ts,tsx}`, `bench/**/*.${name}.ts`],
      exclude: ['**/node_modules/**'],
      fileParallelism: !soak,
      // Most of what is tested are processes that wait for each other.
      maxWorkers: 2,
      // Limits are for what never ends: a machine with other things to do is slow, and what is measured is measured by `bench/`.
      testTimeout: soak ? 30 * 60_000 : 180_000,
      hookTimeout: 180_000,
      expect: { poll: { timeout: 45_000 } },
      restoreMocks: true,
    },
  };
});
