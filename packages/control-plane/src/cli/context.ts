import type { CommandInput, CommandResult, CommandType, Engine } from '@decree/contracts';
import type { Command as Program } from 'commander';
import type { Clock } from '../engine/system/clock.ts';
import type { Random } from '../engine/system/random.ts';
import type { Check } from './doctor.ts';
import type { InitReport } from './init.ts';
import type { Io } from './io.ts';
import { type Paint, painter, plain } from './text.ts';

/** Which repository and state directory are meant; left out: where the person is, and the default one. */
export interface Place {
  repo?: string;
  data?: string;
}

export interface ProgramOptions {
  io: Io;
  version: string;
  /** The person's login, the actor of every command. */
  user: string;
  clock: Clock;
  random: Pick<Random, 'uuidv7'>;
  /** The running engine of a place; DecreeError `unavailable` when there is none. */
  connect(place: Place): Promise<Engine>;
  /** Starts an engine here and returns when it has stopped. */
  start(options: Place & { headless: boolean; readOnly: boolean }): Promise<void>;
  /** Shows the screen over the running engine and returns when the person has left it. */
  attach(options: Place & { readOnly: boolean }): Promise<void>;
  init(place: Place): Promise<InitReport>;
  doctor(place: Place): Promise<Check[]>;
}

/** What each verb is given besides its own arguments. */
export interface Context {
  readonly io: Io;
  readonly clock: Clock;
  readonly json: boolean;
  readonly place: Place;
  readonly paint: Paint;
  engine(): Promise<Engine>;
  /** One JSON document with --json, the text otherwise. */
  print(value: unknown, text: () => string): Promise<void>;
  /** Gives a command to the engine and prints what was accepted. */
  command<T extends CommandType>(type: T, input: CommandInput<T>): Promise<CommandResult>;
}

/** Collects what the verbs share; `run` of runCli reads the exit code. */
export interface Outcome {
  exitCode: number;
  /** What commander says of a wrong command line. */
  usage: string;
}

export function createContext(options: ProgramOptions, verb: Program): Context {
  const { json = false, repo, data } = verb.optsWithGlobals<{ json?: boolean; repo?: string; data?: string }>();
  const { io, clock, random, user } = options;
  const place: Place = { ...(repo !== undefined && { repo }), ...(data !== undefined && { data }) };
  let engine: Promise<Engine> | undefined;
  const connected = () => {
    engine ??= options.connect(place);
    return engine;
  };
  const print: Context['print'] = (value, text) => io.out(json ? `${JSON.stringify(value, null, 2)}\n` : text());
  return {
    io,
    clock,
    json,
    place,
    paint: painter(io.colour),
    engine: connected,
    print,
    async command(type, input) {
      const command = { id: random.uuidv7(), type, actor: { type: 'user' as const, id: user }, input };
      const result = await (await connected()).execute(command as Parameters<Engine['execute']>[0]);
      await print(result, () => `${plain(result.message)}${result.url ? `  ${plain(result.url)}` : ''}\n`);
      return result;
    },
  };
}
