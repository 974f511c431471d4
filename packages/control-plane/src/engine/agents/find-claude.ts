import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Claude Code program: the configured one, else the SDK's own, an optional package for each platform. Null where there is none. */
export async function findClaude(configured: string | undefined): Promise<string | null> {
  const sdk = dirname(fileURLToPath(import.meta.resolve('@anthropic-ai/claude-agent-sdk')));
  const names = [`${process.platform}-${process.arch}`, `${process.platform}-${process.arch}-musl`];
  const candidates = configured ? [configured] : names.map((name) => join(dirname(sdk), `claude-agent-sdk-${name}`, 'claude'));
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) return candidate;
  }
  return null;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
