import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * JSON lines to `file` (or stderr). The terminal belongs to the person, so the engine never logs to stdout. What cannot be
 * written is told to `onError`; without it, it throws.
 */
export function createLogger(options: { level: LogLevel; file?: string; onError?: (error: Error) => void }): Logger {
  const destination = pino.destination({ dest: options.file ?? 2, sync: true, mkdir: true });
  if (options.onError) destination.on('error', options.onError);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    destination,
  );
}
