import { readFileSync } from 'node:fs';

/** Of this package, as its own manifest says. */
export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
