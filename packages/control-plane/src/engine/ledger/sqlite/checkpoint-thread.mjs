/* Beside the engine's thread, see checkpointer.ts. Plain JavaScript: a thread begins faster where nothing is to be translated. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

/** Commits go on meanwhile; the log begins anew only when a commit finds all of it moved. What came last is little, and fast. */
const attempts = 4;

const db = new Database(workerData.file, { fileMustExist: true, timeout: 0 });
db.pragma('synchronous = full');

parentPort.on('message', (message) => {
  if (message === 'close') {
    db.close();
    parentPort.close();
    return;
  }
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const [{ busy, log, checkpointed }] = db.pragma('wal_checkpoint(passive)');
    if (busy !== 0 || log === checkpointed) break;
  }
  parentPort.postMessage('done');
});
