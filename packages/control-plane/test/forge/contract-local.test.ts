import { createOctokitForge } from '../../src/engine/forge/octokit.ts';
import type { Forge } from '../../src/engine/forge/port.ts';
import { systemClock } from '../../src/engine/system/clock.ts';
import { forgeContract } from './forge-contract.ts';
import { makeLocalPlace } from './local-place.ts';

forgeContract('the local forge', async () => {
  const local = await makeLocalPlace();
  const as = (actor: string): Forge =>
    createOctokitForge({
      repository: { owner: 'acme', name: 'example' },
      credential: { kind: 'none' },
      clock: systemClock,
      pacing: null,
      fetch: (url, init) => {
        const request = new Request(url, init);
        request.headers.set('x-decree-actor', actor);
        return local.place.forge.fetch(request);
      },
    });
  const forge = as('decree[bot]');
  return {
    forge,
    other: as('grace'),
    async commit(branch, path, content) {
      const { person } = local.place;
      if (branch === 'main') {
        const head = await forge.branchHead('main');
        person.git('fetch', '-q', local.place.forge.gitDirectory, 'main');
        person.git('reset', '-q', '--hard', head!);
        const sha = person.commit({ [path]: content });
        await local.place.forge.syncDefaultBranch({ fromRepository: person.directory });
        return sha;
      }
      const { sha, result } = await local.push(branch, { [path]: content });
      if (result.outcome === 'refused') throw new Error(result.message);
      return sha;
    },
    async check(sha, { name, conclusion }) {
      const made = await forge.request('POST', '/repos/acme/example/check-runs', {
        name,
        head_sha: sha,
        ...(conclusion ? { conclusion } : { status: 'in_progress' }),
      });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    },
    dispose: local.dispose,
  };
});
