/* Beside the engine's thread, see checkpointer.ts. Plain JavaScript, as the other program that is begun by its file's name. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const db = new Database(workerData.file, { fileMustExist: true, timeout: 0 });
db.pragma('synchronous = full');

parentPort.on('message', (message) => {
  if (message === 'close') {
    db.close();
    parentPort.close();
    return;
  }
  db.pragma('wal_checkpoint(passive)');
  parentPort.postMessage('done');
});
