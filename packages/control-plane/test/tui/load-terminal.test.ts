import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const loader = fileURLToPath(new URL('../../src/load-terminal.ts', import.meta.url));

/** Loads the terminal in a process of its own; the files of es-toolkit that were loaded for it, and what it gives. */
function load(before = ''): { files: string[]; given: string[] } {
  const script = `
    import { registerHooks } from 'node:module';
    const files = [];
    ${before}
    registerHooks({ load(url, context, next) { if (url.includes('/es-toolkit/')) files.push(url); return next(url, context); } });
    const { loadTerminal } = await import(${JSON.stringify(loader)});
    const given = Object.keys(await loadTerminal());
    await loadTerminal();
    process.stdout.write(JSON.stringify({ files, given }));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

it('loads the terminal with the one function of es-toolkit that Ink calls', () => {
  const { files, given } = load();
  expect(given).toContain('openTerminal');
  expect(files.some((url) => url.endsWith('/throttle.mjs'))).toBe(true);
  expect(files.length).toBeLessThan(20);
});

it('loads all of it where that function has no file of its own', () => {
  const { files, given } = load(`
    import fs, { existsSync } from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    fs.existsSync = (path) => !String(path).includes('es-toolkit') && existsSync(path);
    syncBuiltinESMExports();`);
  expect(given).toContain('openTerminal');
  expect(files.length).toBeGreaterThan(100);
});
