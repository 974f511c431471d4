export type { Place, ProgramOptions } from './context.ts';
export { type Check, type DoctorOptions, runDoctor } from './doctor.ts';
export { createEventNames, type EventNames, eventLine } from './event-line.ts';
export { type InitReport, type InitStep, initRepository } from './init.ts';
export { type Io, processIo } from './io.ts';
export { buildProgram } from './program.ts';
export { runCli } from './run-cli.ts';
