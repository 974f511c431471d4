import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';

/** Where things of one repository lie on this machine. */
export interface Places {
  /** Everything below is in it; 0700. */
  readonly state: string;
  readonly ledgerFile: string;
  readonly forge: string;
  /** The host's own git directories and what workspaces remember. */
  readonly workspaces: string;
  readonly runs: string;
  readonly transcripts: string;
  readonly log: string;
  readonly operatorToken: string;
  readonly scratch: string;
}

/** `data` (--data, then DECREE_DATA), else `$XDG_STATE_HOME/decree/<name>-<hash of the path>`: two checkouts never share one. */
export function choosePlaces(root: string, data: string | undefined, env: Readonly<Record<string, string | undefined>>): Places {
  const state = data ? resolve(data) : defaultState(root, env);
  return {
    state,
    ledgerFile: join(state, 'ledger.sqlite'),
    forge: join(state, 'forge'),
    workspaces: join(state, 'workspaces'),
    runs: join(state, 'runs'),
    transcripts: join(state, 'transcripts'),
    log: join(state, 'engine.log'),
    operatorToken: join(state, 'operator-token'),
    scratch: join(state, 'scratch'),
  };
}

function defaultState(root: string, env: Readonly<Record<string, string | undefined>>): string {
  const home = env.HOME || homedir();
  const base = env.XDG_STATE_HOME && isAbsolute(env.XDG_STATE_HOME) ? env.XDG_STATE_HOME : join(home, '.local', 'state');
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 10);
  return join(base, 'decree', `${plainName(root)}-${hash}`);
}

/** The directory's name as a forge would take it. */
export const plainName = (root: string): string =>
  basename(root)
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 100) || 'repository';
