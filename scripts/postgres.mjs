// A Postgres of our own for the tests and the benchmarks: in a new directory, on a Unix socket only, gone afterwards.
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runProgram, SetupError } from '../packages/control-plane/bin/steps.mjs';

const prefix = 'decree-pg-';
const isRoot = process.getuid?.() === 0;

/** The directory with initdb and pg_ctl: PATH first, then where Debian keeps them, the newest first. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/local/bin',
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  return places.find((place) => place && ['initdb', 'pg_ctl'].every((name) => isExecutable(join(place, name))));
}

/** Installs Debian's package; for machines that are there to be set up (CI, as root). */
export async function installPostgres() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const failure = 'Postgres could not be installed with apt-get';
  await runProgram('apt-get', ['update', '-q'], { env, failure });
  await runProgram('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'postgresql'], { env, failure });
}

/** Starts one; returns its URL and what stops it and removes its directory. */
export async function start() {
  const bin = findPostgres();
  if (!bin)
    throw new SetupError('initdb and pg_ctl were not found', {
      advice: 'install Postgres 15 or newer (Debian: apt-get install postgresql), or set DECREE_TEST_POSTGRES_URL',
    });
  const identity = isRoot ? identityOf('postgres') : {};
  await sweep(bin, identity);
  const directory = mkdtempSync(join(shortTemporaryDirectory(), prefix));
  writeFileSync(join(directory, 'owner'), String(process.pid));
  if (isRoot) chownSync(directory, identity.uid, identity.gid);
  const run = (name, args) => runProgram(join(bin, name), args, { cwd: directory, ...identity });
  const data = join(directory, 'data');
  const log = join(directory, 'log');
  try {
    await run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']);
    // The server keeps its default durability: the figures measured on it must be true ones.
    await run('pg_ctl', [
      'start',
      '-w',
      '-t',
      '60',
      '-D',
      data,
      '-l',
      log,
      '-o',
      `-c listen_addresses= -c unix_socket_directories=${directory}`,
    ]);
  } catch (error) {
    if (error instanceof SetupError && existsSync(log))
      error.detail.output = `${error.detail.output ?? ''}\n${readFileSync(log, 'utf8')}`;
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  let stopped;
  const stop = () => (stopped ??= end(bin, directory, identity));
  return { url: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(directory)}`, directory, stop };
}

/** Ends those whose starter was killed before it could. */
async function sweep(bin, identity) {
  const parent = shortTemporaryDirectory();
  for (const entry of readdirSync(parent).filter((name) => name.startsWith(prefix))) {
    const directory = join(parent, entry);
    const owner = join(directory, 'owner');
    if (existsSync(owner) && !isAlive(Number(readFileSync(owner, 'utf8')))) await end(bin, directory, identity);
  }
}

async function end(bin, directory, identity) {
  const data = join(directory, 'data');
  if (existsSync(join(data, 'postmaster.pid'))) {
    await runProgram(join(bin, 'pg_ctl'), ['stop', '-w', '-t', '60', '-m', 'fast', '-D', data], {
      cwd: '/',
      ...identity,
      failure: `the Postgres in ${directory} could not be stopped`,
    });
  }
  rmSync(directory, { recursive: true, force: true });
}

/** A socket's path ends at 107 bytes, so a long TMPDIR is not used. */
function shortTemporaryDirectory() {
  return tmpdir().length > 60 ? '/tmp' : tmpdir();
}

/** Postgres refuses to run as root. */
function identityOf(user) {
  const id = (flag) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
