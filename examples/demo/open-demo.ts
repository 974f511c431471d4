import { join } from 'node:path';
import type { Config } from '../../packages/control-plane/src/config/index.ts';
import { processEnv } from '../../packages/control-plane/src/engine/system/index.ts';
import {
  type OpenControlPlane,
  type OpenOptions,
  openControlPlane,
} from '../../packages/control-plane/src/open-control-plane.ts';
import { prepareProject } from './prepare-project.ts';
import type { Sabotage } from './sabotage.ts';

export interface OpenDemoOptions {
  directory: string;
  /** Of the scripted model. */
  modelUrl: string;
  sabotage?: Sabotage | null;
  warn: (message: string) => void;
  decorate?: OpenOptions['decorate'];
  /** Overrides after how long an agent that waits for a person is parked. */
  parkAfterSeconds?: number | undefined;
}

/** The real engine over the demo's project and its scripted model; what was there already goes on. */
export async function openDemo(options: OpenDemoOptions): Promise<OpenControlPlane> {
  const { directory, modelUrl, sabotage, decorate } = options;
  return openControlPlane({
    directory: await prepareProject(directory, { breakTest: sabotage === 'broken-test' }),
    data: join(directory, 'state'),
    env: { ...processEnv(), ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: 'scripted-model-needs-none' },
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    warn: options.warn,
    ...(decorate && { decorate }),
    config: (committed) => demoConfig(committed, options),
  });
}

/** What a demo wants otherwise than the committed config says. */
function demoConfig(committed: Config, { parkAfterSeconds, sabotage }: OpenDemoOptions): Config {
  const { agents, claude } = committed;
  return {
    ...committed,
    agents: { ...agents, parkAfterSeconds: parkAfterSeconds ?? agents.parkAfterSeconds },
    // A script that fails will not do better at the tenth try.
    claude: { ...claude, env: { ...claude.env, CLAUDE_CODE_MAX_RETRIES: '2' } },
    // One that is to fail does not wait for its agents first.
    shutdownTimeoutSeconds: sabotage ? 2 : committed.shutdownTimeoutSeconds,
  };
}
