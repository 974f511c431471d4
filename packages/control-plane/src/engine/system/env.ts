/** The process environment, read here and handed on; nobody else touches `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>;

export const processEnv = (): Env => process.env;

/** What a child process may inherit: enough to find programs and a locale, and no secret. */
const inheritable = [
  'PATH',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TERM',
  'TMPDIR',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
] as const;

/** An environment built by allow-list, plus what the caller adds. */
export function childEnv(env: Env, added: Record<string, string> = {}): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of inheritable) {
    const value = env[name];
    if (value !== undefined) result[name] = value;
  }
  return { ...result, ...added };
}
