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
      testTimeout: soak ? 30 * 60_000 : 60_000,
      hookTimeout: 60_000,
      restoreMocks: true,
    },
  };
});
