/** What can be written to, as programs do. */
export interface Writable {
  write(chunk: string | Uint8Array, ...rest: unknown[]): boolean;
}

export interface StrayWrites<Output> {
  /** The output for whoever draws the screen: what is written here goes out. */
  readonly screen: Output;
  /** From here on everybody's writes go out again. */
  release(): void;
}

/** Longer than this is no message. */
const mostCharacters = 4_000;

/**
 * Keeps what others write to standard output and error, by the console or past it, off the screen that is drawn there: a library's
 * warning would stand in the middle of it until it is drawn anew. Each line is told instead. What a program that was started or
 * native code writes by itself is not seen here.
 */
export function catchStrayWrites<Output extends Writable>(
  output: Output,
  error: Writable,
  tell: (line: string) => void,
): StrayWrites<Output> {
  const screen = new Proxy(output, {
    get(target, name) {
      if (name === 'write') return goesOut;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const releases = [output, error].map((stream) => instead(stream, tell));
  const goesOut = releases[0]?.write;
  return {
    screen,
    release() {
      for (const { restore } of releases) restore();
    },
  };
}

function instead(stream: Writable, tell: (line: string) => void): { write: Writable['write']; restore: () => void } {
  const own = Object.getOwnPropertyDescriptor(stream, 'write');
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...rest) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    for (const line of text.slice(0, mostCharacters).split('\n')) if (line.trim() !== '') tell(line);
    const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined;
    if (done) queueMicrotask(done);
    return true;
  };
  return {
    write,
    restore() {
      if (own) Object.defineProperty(stream, 'write', own);
      else Reflect.deleteProperty(stream, 'write');
    },
  };
}
