// Reads a config module in a thread of its own, see evaluate.ts: whatever it does, it cannot hold up or end the engine.
import { parentPort, workerData } from 'node:worker_threads';

const answer = await import(workerData).then(
  (module) => (Object.hasOwn(module, 'default') ? { value: module.default } : { missing: true }),
  (error) => ({ failed: error instanceof Error ? error.message : String(error) }),
);
try {
  parentPort.postMessage(answer);
} catch (error) {
  parentPort.postMessage({ failed: `it holds what is no plain value: ${error.message}` });
}
// What it still has going on, timers and promises, ends with it.
process.exit();
