import type { AgentReport } from '@decree/contracts';

export interface ReportChannel extends AsyncIterable<AgentReport> {
  /** Resolves when there is room again: who awaits it is held back by a slow reader. After `end` it does nothing. */
  push(report: AgentReport): Promise<void>;
  /** True while pushes would have to wait. */
  full(): boolean;
  /** From now on nobody is held back: what produces the reports is being ended, and little can follow. */
  letGo(): void;
  /** What was pushed can still be read. */
  end(): void;
}

/** Reports from callbacks, read one by one. */
export function createReportChannel(limit: number): ReportChannel {
  const queue: AgentReport[] = [];
  let ended = false;
  let bounded = true;
  let wakeReader = () => {};
  let wakeWriters: (() => void)[] = [];

  async function* read(): AsyncGenerator<AgentReport, void, undefined> {
    for (;;) {
      const report = queue.shift();
      if (report) {
        if (queue.length < limit) releaseWriters();
        yield report;
      } else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
    }
  }
  const releaseWriters = () => {
    const waiting = wakeWriters;
    wakeWriters = [];
    for (const wake of waiting) wake();
  };

  const reader = read();
  return {
    [Symbol.asyncIterator]: () => reader,
    push(report) {
      if (ended) return Promise.resolve();
      queue.push(report);
      wakeReader();
      if (!bounded || queue.length < limit) return Promise.resolve();
      return new Promise((resolve) => {
        wakeWriters.push(resolve);
      });
    },
    full: () => bounded && queue.length >= limit,
    letGo() {
      bounded = false;
      releaseWriters();
    },
    end() {
      ended = true;
      wakeReader();
      releaseWriters();
    },
  };
}
