import { expect, it } from 'vitest';
import { eventText } from '../../../src/tui/model/event-text.ts';
import { sampleEvent } from '../screens/sample-state.ts';
import { idOf } from './sample-world.ts';

const sha = 'c0ffee'.padEnd(40, '0');

it.each([
  ['policy.granted', { kind: 'forge.label.set', consumed: false }, 'allowed once: to set labels'],
  ['policy.granted', { kind: 'git.push', consumed: true }, 'allowed once: to push, and done'],
  ['artifact.recorded', { artifact: { kind: 'commit', reference: sha, title: 'Greet' } }, 'commit c0ffee0000: Greet'],
  ['system.warned', { message: `run ${idOf(512)} left ${sha}` }, 'warning: run 00000512 left c0ffee0000'],
] as const)('says %s with the words and names that people use', (type, payload, said) => {
  expect(eventText(sampleEvent(type, payload)).text).toBe(said);
});
