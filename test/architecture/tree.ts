import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every source file of ours, path in the repository → text; the example projects are other people's code. */
export function readTree(): Map<string, string> {
  const files = new Map<string, string>();
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      const place = relative(root, path).split(sep).join('/');
      if (entry.isDirectory()) {
        if (!skipped.test(place)) walk(path);
      } else if (entry.isFile() && /\.(?:tsx?|mjs)$/.test(entry.name)) files.set(place, readFileSync(path, 'utf8'));
    }
  };
  walk(root);
  return files;
}

const skipped =
  /(?:^|\/)(?:node_modules|dist|coverage|\.[^/]+)$|^examples\/[^/]+\/project$|^packages\/contracts\/(?:schema|recordings)$/;
