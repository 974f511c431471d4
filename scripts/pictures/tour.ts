/** What a person does in the demo, from the first look to the merge, and where the pictures are taken. */
import type { Pty } from '../../test/terminal/pty.ts';
import type { Camera } from './camera.ts';

export interface Onlooker {
  readonly pty: Pty;
  readonly camera: Camera;
}

export interface TourOptions {
  /** Starts the engine and does everything that counts. */
  person: Pty;
  camera: Camera;
  attach(): Promise<readonly Onlooker[]>;
}

/** Agents work at a human pace, on whatever machine this is. */
const patienceMs = 120_000;
/** So long a person looks before the next key: what a viewer needs to see what changed. */
const lookMs = 900;

interface Shown {
  /** The row and the tab to show. */
  readonly name: string;
  readonly tab: string;
  /** What the detail says once it is there. */
  readonly wanted: string | RegExp;
  readonly picture: string;
  readonly title: string;
}

export async function tour({ person, camera, attach }: TourOptions): Promise<void> {
  // From the first byte on: a recording that begins in the middle would lack what was drawn before.
  const recording = camera.record();
  await person.see('ACTION', patienceMs);
  await person.see('Planner', patienceMs);
  await person.see('Show how a text begins', patienceMs);
  await person.see('💤', patienceMs);

  // Two agents at the same time.
  for (const name of ['#1', '#2']) {
    await select(person, name);
    await look();
    person.type('d');
    await person.see('Dispatch an Implementor');
    await look();
    person.type('y');
    await person.lose('Dispatch an Implementor');
    await person.see(new RegExp(`${name}\\S* .*(WIP|QUEUED)`), patienceMs);
  }
  const onlookers = await attach();
  const all = (act: (onlooker: Onlooker) => Promise<void>): Promise<unknown> => Promise.all(onlookers.map(act));
  const shoot = (name: string, title: string) => all(({ camera: onlooking }) => onlooking.shoot(name, title));
  const show = ({ name, tab, wanted, picture, title }: Shown) =>
    all(async ({ pty, camera: onlooking }) => {
      await select(pty, name);
      await openTab(pty, tab);
      await pty.see(wanted, patienceMs);
      await pty.lose('Fetching');
      await onlooking.shoot(picture, title);
    });

  // What waits for a person comes up by itself; `!` goes there.
  await Promise.all([person.see(/#1\S* .*APPROVE /, patienceMs), all(({ pty }) => pty.see(/#1\S* .*APPROVE /, patienceMs))]);
  await show({
    ...{ name: '#1', tab: 'approval', wanted: 'Deadline', picture: 'dashboard' },
    title: 'The dashboard: an agent asks to open a pull request, another one works',
  });
  await show({
    ...{ name: '#2', tab: 'output', wanted: 'git commit', picture: 'output' },
    title: 'What an agent says and does, as it happens',
  });
  person.type('!');
  await person.see('Deadline');
  await look();
  await look();
  person.type('a');
  await person.see('✔ approved');
  await look();
  person.type('1');
  await person.see('› tasks');
  await select(person, '#2');
  await person.see(/#2\S* .*APPROVE /, patienceMs);
  await look();
  person.type('a');
  await person.lose(/#2\S* .*APPROVE /);
  await look();
  await recording.write('demo', 'Decree: two tasks dispatched, their pull requests approved');

  await all(({ pty }) => pty.see(/#1\S* .*PR#\d+/, patienceMs));
  await all(async ({ pty, camera: onlooking }) => {
    await select(pty, '#1');
    await openTab(pty, 'pull');
    await pty.see('▸ M', patienceMs);
    // Into the detail, the first file opened, and down to where its lines are.
    pty.type('\t');
    pty.type(' ');
    await pty.see('▾ M');
    pty.type('G');
    await onlooking.shoot('pull-request', 'A pull request, with the diff of a file opened');
    pty.type('\t');
  });
  await all(({ pty }) => pty.see(/#1\S* .*DISPATCH /, patienceMs));
  await show({
    ...{ name: '#1', tab: 'timeline', wanted: 'waits for you', picture: 'timeline' },
    title: 'What a task waited for, and for how long',
  });
  for (const { pty } of onlookers) pty.type('5');
  await all(({ pty }) => pty.see('› costs'));
  await shoot('costs', 'What was spent, by day, role and model');
  for (const { pty } of onlookers) pty.type('1');
  await all(({ pty }) => pty.see('› tasks'));
  for (const { pty } of onlookers) pty.type(':');
  await all(({ pty }) => pty.see('Commands'));
  await shoot('palette', 'Every command by its name, with its key');
  for (const { pty } of onlookers) pty.type('\x1b');
}

/** Down from the top until the row is selected, as a person does who reads the list. */
async function select(pty: Pty, name: string): Promise<void> {
  const selected = () => pty.screen().find((row) => row.startsWith('› ')) ?? '';
  const there = () => new RegExp(`^› ${name}[↑↓]? `).test(selected());
  for (let step = 0; !there(); step++) {
    if (step === 20) throw new Error(`${name} is not in the list:\n${pty.text()}`);
    const before = selected();
    pty.type(step === 0 ? 'g' : 'j');
    // `g` on the first row changes nothing.
    if (step > 0) await pty.until(() => selected() !== before, `the row below ${before}`);
    else await look();
  }
}

/** To the right through the tabs until this one is open. */
async function openTab(pty: Pty, tab: string): Promise<void> {
  const open = () => /\[([a-z]+)\]/.exec(pty.screen()[1] ?? '')?.[1];
  for (let step = 0; open() !== tab; step++) {
    if (step === 12) throw new Error(`there is no tab ${tab}:\n${pty.text()}`);
    const before = open();
    pty.type('l');
    await pty.until(() => open() !== before, `another tab than ${before}`);
  }
}

const look = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, lookMs));
