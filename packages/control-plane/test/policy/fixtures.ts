import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Action, PolicyRequest, Role } from '@decree/contracts';
import { createWorkspaceView } from '../../src/engine/policy/index.ts';

export const repository = 'owner/project';
export const ownBranch = 'issue-7-1739000000';
const id = '019a0000-0000-7000-8000-000000000001';

/** A workspace on disk, with the things that attacks need: protected files, secrets, and symlinks that lead away. */
export function createWorkspace() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'decree-policy-')));
  const files: Record<string, string> = {
    'src/app.ts': 'export const x = 1;\n',
    'README.md': '# project\n',
    'package.json': '{}\n',
    '.env': 'SECRET=1\n',
    '.env.example': 'SECRET=\n',
    '.git/config': '[core]\n',
    '.claude/settings.json': '{}\n',
    '.github/workflows/ci.yml': 'on: push\n',
    'scripts/workflow/gh.sh': '#!/bin/sh\n',
    'scripts/workflow/.env.local': 'GH_APP_ID=1\n',
    'body.md': 'A body with `code` and $dollars.\n',
    'pull.json': JSON.stringify({ title: 'T', head: ownBranch, base: 'main' }),
    'evil/control-plane.config.ts': 'export const x = 1;\n',
    'sub/deep/file.txt': 'x\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  symlinkSync('/etc', join(root, 'away'));
  symlinkSync('/nowhere/at/all', join(root, 'dangling'));
  symlinkSync('.git', join(root, 'innocent'));
  symlinkSync('loop', join(root, 'loop'));
  return { root, view: createWorkspaceView(root), remove: () => rmSync(root, { recursive: true }) };
}

export function requestOf(role: Role, action: Action, context: Partial<PolicyRequest['context']> = {}): PolicyRequest {
  return {
    subject: { role, agentId: role, runId: id, taskId: id },
    action,
    context: {
      repositoryId: repository,
      issue: role === 'planner' ? null : 7,
      ownBranch: role === 'implementor' ? ownBranch : null,
      attempt: 1,
      tainted: true,
      sandbox: 'none',
      ...context,
    },
  };
}
