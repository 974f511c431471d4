import { expect, it } from 'vitest';
import { catchStrayWrites } from '../../../src/tui/terminal/stray-writes.ts';

const streamOf = () => {
  const written: string[] = [];
  class Stream {
    readonly columns = 80;
    write(text: string | Uint8Array): boolean {
      written.push(`${text}`);
      return this instanceof Stream;
    }
    width(): number {
      return this.columns;
    }
  }
  return { stream: new Stream(), written };
};

it('tells what others write while the screen is drawn, and lets the screen through', () => {
  const [output, error] = [streamOf(), streamOf()];
  const told: string[] = [];
  const { screen, release } = catchStrayWrites(output.stream, error.stream, (line) => told.push(line));
  screen.write('a frame');
  output.stream.write('a warning\nof two lines\n');
  error.stream.write(Buffer.from('and an error\n'));
  expect(screen.width()).toBe(80);
  expect(output.written).toEqual(['a frame']);
  expect(error.written).toEqual([]);
  expect(told).toEqual(['a warning', 'of two lines', 'and an error']);
  release();
  output.stream.write('after');
  error.stream.write('wards');
  expect([output.written, error.written]).toEqual([['a frame', 'after'], ['wards']]);
  expect(Object.hasOwn(output.stream, 'write')).toBe(false);
});

it('answers a writer that waits for its text to be taken', async () => {
  const { stream } = streamOf();
  const { release } = catchStrayWrites(stream, streamOf().stream, () => undefined);
  const write = stream.write as (text: string, done: () => void) => boolean;
  await new Promise<void>((resolve) => expect(write('text', resolve)).toBe(true));
  release();
});
