/** Watches a terminal: takes pictures of it as it stands, and records what it shows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pty } from '../../test/terminal/pty.ts';
import { type Background, drawRow, picture } from './draw-rows.ts';
import { asciicast, type Frame, movingPicture, type Output } from './recording.ts';
import { readScreen, type ScreenSize } from './screen-cells.ts';

/** A terminal that has said nothing for so long has drawn what it was asked for. */
const stillMs = 250;
/** Frames closer together than this are one: an eye sees no more, and the clip stays small. */
const frameMs = 120;
/** What a README should not ask anybody to load. */
const mostBytes = 400_000;

export interface Recorder {
  /** Ends the recording and writes it. */
  write(name: string, title: string): Promise<void>;
}

export interface Camera {
  /** Writes the screen as it stands once nothing has come for a moment. */
  shoot(name: string, title: string): Promise<void>;
  /** Begins to record what comes from now on. */
  record(): Recorder;
}

export interface CameraOptions {
  pty: Pty;
  size: ScreenSize;
  background: Background;
  directory: string;
}

export function createCamera({ pty, size, background, directory }: CameraOptions): Camera {
  const write = async (file: string, text: string) => {
    const bytes = Buffer.byteLength(text);
    if (bytes > mostBytes) throw new Error(`${file} would have ${bytes} bytes; expected at most ${mostBytes}: record less of it`);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, file), text);
    console.info(`${file} ${Math.ceil(bytes / 1000)} kB`);
  };
  return {
    async shoot(name, title) {
      await still(pty);
      const rows = readScreen(pty.buffer(), size).map((row, index) => drawRow(row, index, background));
      await write(`${name}-${background}.svg`, picture(size, background, title, '', rows.join('')));
    },
    record() {
      const began = performance.now();
      const frames: Frame[] = [];
      const outputs: Output[] = [];
      let timer: NodeJS.Timeout | null = null;
      const take = () => {
        timer = null;
        frames.push({ atMs: performance.now() - began, rows: readScreen(pty.buffer(), size) });
      };
      const offData = pty.onData((data) => outputs.push({ atMs: performance.now() - began, data }));
      const offShown = pty.onOutput(() => {
        timer ??= setTimeout(take, frameMs);
      });
      return {
        async write(name, title) {
          offData();
          offShown();
          if (timer) clearTimeout(timer);
          take();
          await write(`${name}.cast`, asciicast(outputs, size, title));
          await write(`${name}-${background}.svg`, movingPicture(frames, size, background, title));
        },
      };
    },
  };
}

function still(pty: Pty): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      off();
      resolve();
    };
    let timer = setTimeout(end, stillMs);
    const off = pty.onOutput(() => {
      clearTimeout(timer);
      timer = setTimeout(end, stillMs);
    });
  });
}
