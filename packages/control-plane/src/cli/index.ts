export type { Place, ProgramOptions } from './context.ts';
export { runDoctor } from './doctor.ts';
export { createEventNames, eventLine } from './event-line.ts';
export { initRepository } from './init.ts';
export { processIo } from './io.ts';
export { runCli } from './run-cli.ts';
