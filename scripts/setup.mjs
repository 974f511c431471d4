// Brings what the repository needs: Node 24, Yarn 4 and the dependencies. Says nothing when all of it is there.
// Runs on any Node from 18 on, with nothing installed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runMain } from '../packages/control-plane/bin/launch.mjs';
import { withLock } from '../packages/control-plane/bin/lock.mjs';
import { runProgram, SetupError, step } from '../packages/control-plane/bin/steps.mjs';
import { ensureNode, findNode, installTool, nodeEnvironment, npmCommand } from '../packages/control-plane/bin/toolchain.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const yarnVersion = '4.18.1';
const stampFile = join(root, 'node_modules', '.decree-setup.json');

/** Sets up what is missing; returns the Node to run with. */
export async function setUp() {
  const ready = findNode();
  if (ready && isInstalled(ready)) return ready;
  process.stderr.write('Setting up Decree: only this once.\n');
  const node = await ensureNode();
  const yarn = await installTool(`yarn-${yarnVersion}`, `@yarnpkg/cli-dist@${yarnVersion}`, {
    title: `Yarn ${yarnVersion}`,
    proof: '@yarnpkg/cli-dist/bin/yarn.js',
  });
  const onWait = (pid) => process.stderr.write(`  Dependencies: waiting for another set-up (process ${pid})\n`);
  const install = (noteChild) =>
    isInstalled(node) ? undefined : step('Dependencies', () => installDependencies(node, yarn, noteChild));
  await withLock(join(root, '.yarn', 'setup.lock'), install, { onWait });
  return node;
}

async function installDependencies(node, yarn, onStart) {
  rmSync(stampFile, { force: true });
  const stamp = stampFor(node);
  await runProgram(node, [join(yarn, 'node_modules', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js'), 'install', '--immutable'], {
    cwd: root,
    onStart,
    env: { ...nodeEnvironment(node), ...(await yarnSettings()) },
    failure: 'the dependencies could not be installed',
    advice: 'check the network and the free disk space (about 2.5 GB), then run the same command again: what was fetched is kept',
  });
  if (!existsSync(join(root, 'node_modules'))) {
    throw new SetupError('Yarn ended well but made no node_modules', {
      advice: 'look for a .yarnrc.yml above this directory or at home that sets nodeLinker',
    });
  }
  writeFileSync(stampFile, `${stamp}\n`);
}

function isInstalled(node) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === stampFor(node);
}

/** Changes whenever the dependencies may have: the lock file, any package.json, Yarn's settings, another Node. */
function stampFor(node) {
  const hash = createHash('sha256');
  const packages = readdirSync(join(root, 'packages')).sort();
  for (const file of [
    'yarn.lock',
    '.yarnrc.yml',
    'package.json',
    ...packages.map((name) => join('packages', name, 'package.json')),
  ]) {
    const path = join(root, file);
    hash.update(`${file}\0`).update(existsSync(path) ? readFileSync(path) : '');
  }
  const version = node === process.execPath ? process.versions.node : node;
  return JSON.stringify({ node: version, packages: hash.digest('hex') });
}

/**
 * Yarn 4 reads neither npm's configuration nor the usual proxy variables, so what npm knows of registry, proxy and
 * certificates is handed to it. A setting that Yarn was given itself (YARN_…) stands.
 */
async function yarnSettings() {
  const npm = npmCommand();
  const config = JSON.parse(
    await runProgram(npm[0], [...npm.slice(1), 'config', 'list', '--json'], {
      cwd: root,
      failure: 'npm could not list its configuration',
    }),
  );
  // npm names its own default too; where it names none, Yarn's default is the same one.
  const { registry } = config;
  const direct = registry !== undefined && isDirect(new URL(registry).hostname, config.noproxy);
  const settings = {
    YARN_ENABLE_TELEMETRY: '0',
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_NPM_AUTH_TOKEN: registry && readToken(registry, config.userconfig),
    YARN_UNSAFE_HTTP_WHITELIST: registry?.startsWith('http:') ? new URL(registry).hostname : undefined,
    YARN_HTTP_PROXY: direct ? undefined : config.proxy || process.env.HTTP_PROXY || process.env.http_proxy,
    YARN_HTTPS_PROXY: direct ? undefined : config['https-proxy'] || process.env.HTTPS_PROXY || process.env.https_proxy,
    YARN_HTTPS_CA_FILE_PATH: config.cafile || undefined,
    YARN_ENABLE_STRICT_SSL: config['strict-ssl'] === false ? '0' : undefined,
  };
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => value && process.env[name] === undefined));
}

function isDirect(host, noproxy) {
  const given = noproxy ?? process.env.NO_PROXY ?? process.env.no_proxy ?? '';
  const names = (Array.isArray(given) ? given : given.split(','))
    .map((name) => name.trim().replace(/^\*?\./, ''))
    .filter(Boolean);
  return names.some((name) => name === '*' || host === name || host.endsWith(`.${name}`));
}

/** npm does not tell its tokens, so the line is read where npm reads it; `${NAME}` stands for a variable there. */
function readToken(registry, userconfig) {
  const wanted = `${registry.replace(/^https?:/, '').replace(/\/*$/, '/')}:_authToken`;
  for (const file of [join(root, '.npmrc'), userconfig ?? join(homedir(), '.npmrc')]) {
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
      const at = line.indexOf('=');
      if (at > 0 && line.slice(0, at).trim() === wanted)
        return line
          .slice(at + 1)
          .trim()
          .replace(/\$\{(\w+)\}/g, (_, name) => process.env[name] ?? '');
    }
  }
  return undefined;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) runMain(setUp);
