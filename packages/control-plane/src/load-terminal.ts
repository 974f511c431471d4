import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const wanted = 'es-toolkit/compat';
/** Beside `compat/throttle.mjs`, which has the same as a default export. */
const place = '../dist/compat/function/throttle.mjs';

/**
 * Loads the terminal. Ink takes one function of es-toolkit by way of the index of all of them: 415 files, a fifth of what
 * loading the terminal costs (130 of 600 ms of computing, warm). It is given the file of that function; where it is not found,
 * the index.
 */
export async function loadTerminal(): Promise<typeof import('./tui/index.ts')> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== wanted || !context.parentURL?.endsWith('/ink/build/ink.js')) return next(specifier, context);
      const found = next(`${wanted}/throttle`, context);
      const url = new URL(place, found.url);
      return existsSync(fileURLToPath(url)) ? { ...found, url: url.href } : next(specifier, context);
    },
  });
  try {
    return await import('./tui/index.ts');
  } finally {
    hooks.deregister();
  }
}
