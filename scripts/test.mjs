// Runs every test, counts the skipped ones aloud, and ends with one line: N passed, N failed, N skipped.
// Runs on Node 24 (scripts/run.mjs). Arguments go to Vitest: `--mode soak` takes the long tests instead.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runMain } from '../packages/control-plane/bin/launch.mjs';
import { endBySignal, explain, forwardSignals, SetupError, step } from '../packages/control-plane/bin/steps.mjs';
import { findPostgres, installPostgres, start } from './postgres.mjs';
import { root } from './setup.mjs';

const inCi = process.env.CI === 'true';

runMain(async () => {
  requireGit();
  const postgres = await providePostgres();
  const reports = mkdtempSync(join(tmpdir(), 'decree-test-'));
  let ended;
  try {
    ended = await runVitest(join(reports, 'report.json'), postgres?.url);
    report(ended, join(reports, 'report.json'));
  } finally {
    rmSync(reports, { recursive: true, force: true });
    await postgres?.stop();
  }
  if (ended.received) endBySignal(ended.received);
});

function requireGit() {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
  } catch (error) {
    throw new SetupError('git was not found', {
      tried: 'git --version',
      output: error.message,
      advice: 'install git, then run the same command again',
    });
  }
}

/** The one Postgres of this run; undefined when the environment names one already, or when there is none to be had. */
async function providePostgres() {
  if (process.env.DECREE_TEST_POSTGRES_URL) return undefined;
  if (!findPostgres() && inCi && process.getuid?.() === 0) await step('Postgres (apt-get)', installPostgres);
  if (findPostgres()) return await start();
  process.stderr.write('Postgres is not installed: its suites are skipped. (Debian: apt-get install postgresql)\n');
  return undefined;
}

async function runVitest(reportFile, postgresUrl) {
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...process.argv.slice(2)];
  const child = spawn(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(postgresUrl && { DECREE_TEST_POSTGRES_URL: postgresUrl }) },
  });
  const stop = forwardSignals(child);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...how) => resolve(how));
  });
  return { code, signal, received: stop() };
}

function report({ code, signal }, file) {
  const result = readReport(file);
  const tests = result.testResults.flatMap((suite) =>
    suite.assertionResults.map((test) => ({ ...test, file: relative(root, suite.name) })),
  );
  const count = (...states) => tests.filter((test) => states.includes(test.status)).length;
  const passed = count('passed');
  const skipped = tests.filter((test) => ['skipped', 'pending', 'todo', 'disabled'].includes(test.status));
  // A file that does not load has no test that could fail, and an error outside every test none either.
  const unloaded = result.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  );
  let failed = count('failed') + unloaded.length;
  const problems = unloaded.map((suite) => `${relative(root, suite.name)} could not be run: ${suite.message.split('\n')[0]}`);
  if (failed === 0 && code !== 0) {
    failed = 1;
    problems.push(`Vitest ended with ${signal ?? `exit code ${code}`} though no test failed: see above`);
  }
  if (passed + failed === 0) {
    failed = 1;
    problems.push('no test was run');
  }
  for (const problem of problems) process.stdout.write(`failed: ${problem}\n`);
  if (skipped.length > 0) {
    process.stdout.write(`\n${skipped.length} skipped${inCi ? ', which CI does not allow' : ''}:\n`);
    for (const test of skipped) process.stdout.write(`  ${test.file}: ${test.fullName}\n`);
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  process.exitCode = failed > 0 || (inCi && skipped.length > 0) ? 1 : 0;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    process.stdout.write(explain(new SetupError('Vitest left no report', { output: error.message })));
    return { testResults: [] };
  }
}
