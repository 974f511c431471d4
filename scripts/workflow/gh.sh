#!/bin/sh
# An agent's one way to GitHub: scripts/workflow/gh.sh <arguments of gh>
#
# Beside a running engine (DECREE_SOCKET is set) every request goes through the engine's Unix socket, and no credential
# is here: GH_TOKEN is the run's own token, which the engine exchanges. Where gh is not installed, `api` still works,
# by a plain Node program that the engine brings along (DECREE_AGENT_BIN).
#
# Alone, it makes a token of the GitHub App's installation, keeps it for 55 minutes in .token-cache.json beside the
# script in the main checkout (from a worktree too), and starts gh with it. Settings are in .env.local there:
#   GH_APP_ID=123456
#   GH_APP_INSTALLATION_ID=7890123
#   GH_APP_PRIVATE_KEY=path/from/the/repository/root.pem     (or the PEM itself in double quotes, line breaks as they are or as \n)
# Signing and the one request are done by Node (18 or newer), which Decree needs anyway: no jq, curl or openssl.
# Any failure is one message on stderr and exit code 1, and gh is not started.
set -eu

fail() {
  printf 'gh.sh: %s\n' "$1" >&2
  exit 1
}

# The agent's environment must not lead gh to another host or another identity.
unset GH_HOST GH_ENTERPRISE_TOKEN GITHUB_ENTERPRISE_TOKEN GITHUB_TOKEN
export GH_PROMPT_DISABLED=1 GH_NO_UPDATE_NOTIFIER=1

if [ -n "${DECREE_SOCKET:-}" ]; then
  [ -S "$DECREE_SOCKET" ] || fail "DECREE_SOCKET names $DECREE_SOCKET, where no socket is: has the engine stopped?"
  [ -n "${GH_TOKEN:-}" ] || fail 'GH_TOKEN is empty: the engine gives every run a token of its own'
  if command -v gh >/dev/null 2>&1; then
    GH_CONFIG_DIR="${HOME:?gh.sh: HOME is not set}/.config/decree-gh"
    export GH_CONFIG_DIR
    (umask 077 && mkdir -p "$GH_CONFIG_DIR") || fail "cannot make $GH_CONFIG_DIR"
    quoted=$(printf '%s' "$DECREE_SOCKET" | sed "s/'/''/g")
    # Written aside and moved: two calls at once must not read half a file.
    printf "version: '1'\nprompt: disabled\nhttp_unix_socket: '%s'\n" "$quoted" >"$GH_CONFIG_DIR/config.$$" &&
      mv -f "$GH_CONFIG_DIR/config.$$" "$GH_CONFIG_DIR/config.yml" || fail "cannot write $GH_CONFIG_DIR/config.yml"
    exec gh "$@"
  fi
  [ "${1:-}" = api ] || fail "gh is not installed here: only 'gh.sh api …' works without it, got 'gh.sh ${1:-}'"
  shim="${DECREE_AGENT_BIN:-}/gh-api.mjs"
  [ -n "${DECREE_AGENT_BIN:-}" ] && [ -f "$shim" ] || fail "gh is not installed, and DECREE_AGENT_BIN does not lead to gh-api.mjs (it is '${DECREE_AGENT_BIN:-}')"
  command -v node >/dev/null 2>&1 || fail 'neither gh nor node is on the PATH'
  shift
  exec node "$shim" "$@"
fi

command -v gh >/dev/null 2>&1 || fail 'gh is not installed (https://cli.github.com), and no engine runs beside this script (DECREE_SOCKET is not set)'
command -v node >/dev/null 2>&1 || fail 'node (18 or newer) is not on the PATH; it signs the request for a token'

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || fail "cannot find the folder of $0"
top=$(git -C "$here" rev-parse --show-toplevel 2>/dev/null) || top=''
common=$(git -C "$here" rev-parse --path-format=absolute --git-common-dir 2>/dev/null) || common=''
# A worktree's common directory is the main checkout's .git; settings and cache are there, not in the worktree.
case "$common" in
  */.git) root=${common%/.git} ;;
  *) root=$top ;;
esac
if [ -n "$top" ] && [ -n "$root" ]; then
  settings="$root${here#"$top"}"
else
  settings=$here
  root=$(dirname -- "$(dirname -- "$here")")
fi

# Prints the cached token, or asks for a new one.
print_program() {
  cat <<'PROGRAM'
import { createSign } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const { GH_SH_SETTINGS: folder, GH_SH_ROOT: root } = process.env;
const settingsFile = join(folder, '.env.local');
const cacheFile = join(folder, '.token-cache.json');
const lifetimeMs = 55 * 60_000;

try {
  console.log(await getToken());
} catch (error) {
  console.error(`gh.sh: ${error.message}`);
  process.exitCode = 1;
}

async function getToken() {
  const settings = readSettings();
  const id = { appId: settings.GH_APP_ID, installationId: settings.GH_APP_INSTALLATION_ID };
  const cached = readCache();
  const age = Date.now() - (cached?.createdAt ?? 0);
  if (cached && cached.appId === id.appId && cached.installationId === id.installationId && age >= 0 && age < lifetimeMs) return cached.token;
  const token = await requestToken(settings);
  const aside = `${cacheFile}.${process.pid}`;
  try {
    writeFileSync(aside, `${JSON.stringify({ ...id, token, createdAt: Date.now() })}\n`, { mode: 0o600 });
    renameSync(aside, cacheFile);
  } catch (error) {
    rmSync(aside, { force: true });
    throw new Error(`cannot keep the token in ${cacheFile}: ${error.message}`);
  }
  return token;
}

async function requestToken(settings) {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claim = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - 60, exp: now + 600, iss: settings.GH_APP_ID })}`;
  let signature;
  try {
    signature = createSign('RSA-SHA256').update(claim).sign(readKey(settings.GH_APP_PRIVATE_KEY), 'base64url');
  } catch (error) {
    throw new Error(`GH_APP_PRIVATE_KEY cannot sign: ${error.message}. Expected an RSA key in PEM form, or the path of one`);
  }
  const base = (process.env.GH_APP_API_URL || settings.GH_APP_API_URL || 'https://api.github.com').replace(/\/+$/, '');
  const url = `${base}/app/installations/${encodeURIComponent(settings.GH_APP_INSTALLATION_ID)}/access_tokens`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${claim}.${signature}`, accept: 'application/vnd.github+json', 'user-agent': 'decree-gh-sh' },
    signal: AbortSignal.timeout(30_000),
  }).catch((error) => {
    throw new Error(`no token: ${base} cannot be reached: ${error.cause?.message || error.cause?.code || error.message}`);
  });
  const text = await answer.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (answer.ok) throw new Error(`no token: ${base} answered with something that is not JSON (${error.message})`);
  }
  if (!answer.ok) throw new Error(`no token: ${base} answered ${answer.status} ${body.message ?? answer.statusText} for app ${settings.GH_APP_ID}, installation ${settings.GH_APP_INSTALLATION_ID}`);
  if (typeof body.token !== 'string' || !/^\S+$/.test(body.token)) throw new Error(`no token: ${base} answered ${answer.status} without one`);
  return body.token;
}

function readSettings() {
  let text;
  try {
    text = readFileSync(settingsFile, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${settingsFile} (${error.code}): it must set GH_APP_ID, GH_APP_PRIVATE_KEY and GH_APP_INSTALLATION_ID`);
  }
  const settings = {};
  const line = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[^])*)"|'([^']*)'|([^\n\r]*?))[ \t]*(?:#[^\n]*)?\r?$/gm;
  for (const [, name, double, single, bare] of text.matchAll(line)) {
    settings[name] = double?.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1') ?? single ?? bare ?? '';
  }
  for (const name of ['GH_APP_ID', 'GH_APP_PRIVATE_KEY', 'GH_APP_INSTALLATION_ID']) {
    if (!settings[name]) throw new Error(`${name} is missing in ${settingsFile}`);
  }
  return settings;
}

function readKey(value) {
  if (value.includes('-----BEGIN')) return value.replace(/\\n/g, '\n');
  const path = value.startsWith('~/') ? join(homedir(), value.slice(2)) : resolve(root, value);
  return readFileSync(path, 'utf8');
}

/** A cache that is absent or damaged is no reason to stop: a new token replaces it. */
function readCache() {
  let cached;
  try {
    cached = JSON.parse(readFileSync(cacheFile, 'utf8'));
  } catch {
    return undefined;
  }
  return typeof cached?.token === 'string' && typeof cached.createdAt === 'number' ? cached : undefined;
}
PROGRAM
}

GH_TOKEN=$(print_program | GH_SH_SETTINGS="$settings" GH_SH_ROOT="$root" node --input-type=module -) || exit 1
[ -n "$GH_TOKEN" ] || fail 'no token was made'
export GH_TOKEN
exec gh "$@"
