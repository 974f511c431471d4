/**
 * Makes the pictures of the terminal in docs/images from the real thing: the demo in a pty, driven by keys, and what an
 * emulator then shows. `node scripts/pictures/main.ts`; about two minutes. Nothing in the pictures is drawn or typed here.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPty, type Pty } from '../../test/terminal/pty.ts';
import { type Camera, createCamera } from './camera.ts';
import type { Background } from './draw-rows.ts';
import type { ScreenSize } from './screen-cells.ts';
import { tour } from './tour.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'packages/control-plane/bin/control-plane.mjs');
const images = join(root, 'docs/images');

/** The recording is small, so that it can be read in a README's column; the pictures show a usual terminal. */
const recorded: ScreenSize = { columns: 100, rows: 30 };
const pictured: ScreenSize = { columns: 120, rows: 30 };

/** COLORFGBG says what ground the terminal has, as terminals themselves do. */
const grounds = { dark: '15;0', light: '0;15' } as const satisfies Record<Background, string>;

const directory = await mkdtemp(join(tmpdir(), 'decree-demo-'));
const opened: Pty[] = [];
const open = (args: readonly string[], { columns, rows }: ScreenSize, background: Background): Pty => {
  const pty = openPty({
    ...{ file: process.execPath, args: [program, ...args], columns, rows, cwd: root },
    env: {
      ...{ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', LANG: 'C.UTF-8', TERM: 'xterm-256color' },
      ...{ COLORTERM: 'truecolor', COLORFGBG: grounds[background], DECREE_USER: 'ann' },
    },
  });
  opened.push(pty);
  return pty;
};
const cameraOf = (pty: Pty, size: ScreenSize, background: Background): Camera =>
  createCamera({ pty, size, background, directory: images });

try {
  const person = open(['--demo', '--dir', directory], recorded, 'dark');
  const gone = person.ended.then((code) => {
    throw new Error(`the demo ended with exit code ${code}:\n${person.text()}`);
  });
  const toured = tour({
    person,
    camera: cameraOf(person, recorded, 'dark'),
    /** A second and a third screen over the same engine, for pictures of the same moment on either ground. */
    async attach() {
      const place = ['--repo', join(directory, 'project'), '--data', join(directory, 'state')];
      return (['dark', 'light'] as const).map((background) => {
        const pty = open([...place, 'attach'], pictured, background);
        return { pty, camera: cameraOf(pty, pictured, background) };
      });
    },
  });
  await Promise.race([toured, gone]);
} finally {
  for (const pty of opened) pty.kill('SIGTERM');
  await Promise.all(opened.map(({ ended }) => ended));
  await rm(directory, { recursive: true, force: true });
}
