// Finds Node 24, or brings it. Also used by the repository's own set-up; the packed package holds this folder and nothing of scripts/.
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { withLock } from './lock.mjs';
import { runProgram, SetupError, step } from './steps.mjs';

export const nodeVersion = '24.21.0';
/** From here on Node runs TypeScript without a word about it. */
const least = [24, 3];

/** Where everything lies that can be fetched again. */
export function cacheDirectory() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'decree');
}

/** The Node to run with: this one when it is new enough, else the cached one, else undefined. */
export function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const cached = cachedNode();
  return existsSync(cached) ? cached : undefined;
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > least[0] || (major === least[0] && minor >= least[1]);
}

/** The Node to run with, fetched by npm if there is none. */
export async function ensureNode() {
  const found = findNode();
  if (found) return found;
  const name = nodePackage();
  await installTool(`node-${nodeVersion}`, `${name}@${nodeVersion}`, { title: `Node ${nodeVersion}`, proof: `${name}/bin/node` });
  return cachedNode();
}

/**
 * Installs one npm package, without its scripts, into the cache; returns its directory. It is made beside its place and
 * moved there whole, so a half-made one is never found, whatever interrupts.
 */
export async function installTool(folder, spec, { title, proof }) {
  const place = join(cacheDirectory(), 'toolchain', folder);
  const isThere = () => existsSync(join(place, 'node_modules', proof));
  if (isThere()) return place;
  const onWait = (pid) => process.stderr.write(`  ${title}: waiting for another set-up (process ${pid})\n`);
  const install = (noteChild) => step(title, () => installBeside(place, spec, { proof, onStart: noteChild }));
  await withLock(`${place}.lock`, (noteChild) => (isThere() ? undefined : install(noteChild)), { onWait });
  return place;
}

async function installBeside(place, spec, { proof, onStart }) {
  const parent = dirname(place);
  const leftOver = readdirSync(parent).filter((entry) => join(parent, entry).startsWith(`${place}.part`));
  for (const entry of leftOver) rmSync(join(parent, entry), { recursive: true, force: true, maxRetries: 10 });
  const draft = mkdtempSync(`${place}.part-`);
  writeFileSync(join(draft, 'package.json'), '{ "private": true }\n');
  const npm = npmCommand();
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock', '--loglevel=error'];
  await runProgram(npm[0], [...npm.slice(1), 'install', ...quiet, spec], {
    cwd: draft,
    onStart,
    env: { ...process.env, npm_config_global: 'false', npm_config_workspaces: 'false', npm_config_dry_run: 'false' },
    failure: `${spec} could not be installed into ${place}`,
    advice: 'check the network, `npm config get registry` and the free disk space, then run the same command again',
  });
  if (!existsSync(join(draft, 'node_modules', proof))) {
    throw new SetupError(`${spec} was installed, but ${proof} is not in it`, {
      tried: `npm install ${spec}`,
      advice: `look into ${draft}, and at the registry that npm uses`,
    });
  }
  rmSync(place, { recursive: true, force: true });
  renameSync(draft, place);
}

/** How npm is called here: the one that is running us, else the one on PATH. */
export function npmCommand() {
  const running = process.env.npm_execpath ?? '';
  if (/npm-cli\.c?js$/.test(running) && existsSync(running)) return [process.execPath, running];
  if ((process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'npm')))) return ['npm'];
  throw new SetupError('npm was not found on PATH', {
    advice: `install npm, or Node ${least.join('.')} or newer with it, then run the same command again`,
  });
}

/** The environment for what runs on that Node: its directory first on PATH, and compiled code kept between starts. */
export function nodeEnvironment(node, env = process.env) {
  const bin = dirname(node);
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== bin && folder !== '');
  return {
    ...env,
    PATH: [bin, ...path].join(delimiter),
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || join(cacheDirectory(), 'compiled'),
  };
}

function cachedNode() {
  return join(cacheDirectory(), 'toolchain', `node-${nodeVersion}`, 'node_modules', nodePackage(), 'bin', 'node');
}

function nodePackage() {
  const { platform, arch } = process;
  const known = { linux: ['x64', 'arm64'], darwin: ['x64', 'arm64'] };
  if (known[platform]?.includes(arch)) return `node-${platform}-${arch}`;
  throw new SetupError(`there is no packaged Node ${nodeVersion} for ${platform} ${arch}`, {
    advice: `install Node ${least.join('.')} or newer yourself and run the same command with it`,
  });
}
