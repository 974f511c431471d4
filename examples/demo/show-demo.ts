import { userInfo } from 'node:os';
import { processEnv } from '../../packages/control-plane/src/engine/system/index.ts';
import { showControlPlane } from '../../packages/control-plane/src/run-terminal.ts';
import { startScriptedModel } from './model/scripted-model.ts';
import { openDemo } from './open-demo.ts';

/** The main job on the screen, with the person as its operator: nothing is at stake, and every key does what it does. */
export async function showDemo(options: { directory: string; pace: 'fast' | 'human'; signal: AbortSignal }): Promise<void> {
  const { directory, pace, signal } = options;
  const env = processEnv();
  const model = await startScriptedModel({ pace });
  try {
    const { plane, reason, failure } = await showControlPlane({
      open: (warn) => openDemo({ directory, modelUrl: model.url, warn }),
      ...{ readOnly: false, env, user: env.DECREE_USER || userInfo().username, signal },
    });
    process.stdout.write(`stopping (${reason}) …\n`);
    await plane.close(reason);
    if (failure) throw failure;
  } finally {
    await model.close();
  }
}
