import { join } from 'node:path';
import { type EventType, eventTypes } from '@decree/contracts';
import { type Campaign, runCampaign } from './campaign.ts';
import { chooseOuter, describe, type InnerPoint, isInner, numbers, pointsOf, type Story, shuffle } from './kill-points.ts';
import { rehearse } from './rehearse.ts';

/** How agents wait in a life: in their process, or parked as soon as they wait. */
const modes = [
  { name: 'waiting', flags: [] },
  { name: 'parking', flags: ['--park'] },
] as const;
type Mode = (typeof modes)[number];

/** From outside, besides the inner ones: kills whose moment nobody chose. */
const outerPerDirectory = 3;
/** Two directories for each mode: the end of a story takes longer than any kill in it. */
const pointsPerDirectory = 16;

interface CoverOptions {
  directory: string;
  seed: number;
  print: (line: string) => void;
}

/**
 * Kills the demo at every point that it has: after each type of event that an undisturbed life writes, before and after each
 * kind of outside effect, before each kind of record. What the demo does is found out by rehearsing it. Resolves to what is
 * broken; a point that was never reached is.
 */
export async function killEverywhere(options: CoverOptions): Promise<{ kills: number; breaches: string[] }> {
  const { directory, print } = options;
  const stories = new Map<Mode, Story>();
  for (const mode of modes) stories.set(mode, await rehearse(join(directory, `rehearsal-${mode.name}`), mode.flags));
  const [shared, own] = divide(stories);
  let kills = 0;
  const breaches: string[] = [];
  const seen = new Set([...stories.values()].flatMap(({ events }) => events));
  // What only a disturbed life writes is killed at wherever it comes up.
  const chances = new Set<EventType>(eventTypes.filter((type) => !seen.has(type)));
  const struck = new Set<EventType>();
  for (const [index, mode] of modes.entries()) {
    const points = [...(own.get(mode) ?? []), ...shared.filter((_, each) => each % modes.length === index)];
    print(`${mode.name}: ${points.length} points`);
    const result = await killAtEach(points, { ...options, directory: join(directory, mode.name), mode, chances });
    kills += result.kills;
    breaches.push(...result.breaches);
    for (const type of result.struck) {
      struck.add(type);
      chances.delete(type);
    }
  }
  print(`${kills} kills; after each of ${seen.size} types of event that the demo writes, before and after each effect`);
  if (struck.size > 0) print(`killed after as well, since they came up after kills: ${[...struck].join(', ')}`);
  print(`not among what the demo writes: ${[...chances].join(', ')}`);
  return { kills, breaches };
}

/** Kills at each of these points at least once, over as many directories as it takes. */
export async function killAtEach(
  points: readonly InnerPoint[],
  {
    directory,
    seed,
    print,
    mode = modes[0],
    chances = new Set(),
    maxTries = 3,
  }: CoverOptions & {
    mode?: Mode;
    chances?: ReadonlySet<EventType>;
    /** A point that comes too late, or that a kill before it made impossible, is tried again, then as the first of its life. */
    maxTries?: number;
  },
): Promise<{ kills: number; breaches: string[]; struck: EventType[] }> {
  const next = numbers(seed);
  const later = points.map((point): InnerPoint => ({ ...point, nth: 1 + Math.floor(next() ** 2 * 3) }));
  let waiting = shuffle(later, next).map((point) => ({ point, tries: 0 }));
  const struck: EventType[] = [];
  let kills = 0;
  for (let number = 1; waiting.length > 0; number += 1) {
    const now = waiting.slice(0, pointsPerDirectory);
    const outer = Array.from({ length: outerPerDirectory }, () => chooseOuter(next));
    const extra = [...chances]
      .filter((type) => !struck.includes(type))
      .map((type): InnerPoint => ({ at: 'event', type, nth: 1 }));
    const armed = [...now.map(({ point }) => point), ...extra, ...outer];
    print(`directory ${number} (${mode.name})`);
    const campaign = await runCampaign(join(directory, String(number)), armed, { print, flags: mode.flags });
    kills += campaign.killed.length;
    struck.push(...typesOf(campaign, extra));
    const missed = now.filter(({ point }) => campaign.missed.includes(point));
    const breaches = campaign.breaches.map((breach) => `directory ${number} (${mode.name}): ${breach}`);
    const given = missed.filter(({ tries }) => tries + 1 >= maxTries);
    breaches.push(
      ...given.map(
        ({ point }) => `never reached in ${maxTries} ${maxTries === 1 ? 'try' : 'tries'}: ${describe({ ...point, nth: 1 })}`,
      ),
    );
    if (breaches.length > 0) return { kills, breaches, struck };
    const again = missed.map(({ point, tries }) => ({ point: { ...point, nth: 1 }, tries: tries + 1 }));
    waiting = [...again, ...waiting.slice(pointsPerDirectory)];
  }
  return { kills, breaches: [], struck };
}

const typesOf = ({ killed }: Campaign, extra: readonly InnerPoint[]): EventType[] =>
  killed.flatMap((point) => (isInner(point) && point.at === 'event' && extra.includes(point) ? [point.type] : []));

/** Points that every mode has, and those that one alone has. */
function divide(stories: ReadonlyMap<Mode, Story>): [InnerPoint[], Map<Mode, InnerPoint[]>] {
  const named = new Map(
    [...stories].map(([mode, story]) => [mode, new Map(pointsOf(story).map((point) => [describe(point), point]))]),
  );
  const [first, ...others] = [...named.values()];
  const shared = [...(first ?? [])].filter(([name]) => others.every((each) => each.has(name)));
  const names = new Set(shared.map(([name]) => name));
  const own = [...named].map(
    ([mode, points]) => [mode, [...points].filter(([name]) => !names.has(name)).map(([, point]) => point)] as const,
  );
  return [shared.map(([, point]) => point), new Map(own)];
}
