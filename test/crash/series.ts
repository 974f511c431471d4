import { join } from 'node:path';
import { runCampaign } from './campaign.ts';
import { choosePoints, pointsOf } from './kill-points.ts';
import { rehearse } from './rehearse.ts';

/** More of them on one directory would mostly come after the story's end. */
const pointsPerDirectory = 12;
/** Some points come too late in a story, or never; a series that falls short of its kills for so long gives up and says so. */
const slack = 3;

/** `times` kills over as many directories as it takes; resolves to what is broken. */
export async function runSeries(options: {
  directory: string;
  times: number;
  seed: number;
  print: (line: string) => void;
}): Promise<string[]> {
  const { directory, times, seed, print } = options;
  const breaches: string[] = [];
  const most = Math.ceil(times / pointsPerDirectory) + slack;
  const inner = pointsOf(await rehearse(join(directory, 'rehearsal'), []));
  let kills = 0;
  for (let round = 1; kills < times; round += 1) {
    if (round > most) return [...breaches, `only ${kills} of ${times} kills came about`];
    const points = choosePoints(seed * 1_000 + round, pointsPerDirectory, inner);
    // On every second directory agents are parked as soon as they wait, so that their rest and their waking are killed too.
    const flags = round % 2 === 0 ? ['--park'] : [];
    print(`directory ${round}${flags.length > 0 ? ' (parking)' : ''}`);
    const campaign = await runCampaign(join(directory, String(round)), points, { print, flags, most: times - kills });
    kills += campaign.killed.length;
    breaches.push(...campaign.breaches.map((breach) => `directory ${round}: ${breach}`));
    if (breaches.length > 0) return breaches;
  }
  return breaches;
}
