import { z } from 'zod';
import { ForgeNotFound } from './errors.ts';
import { labelAnswer } from './octokit-answers.ts';
import type { Caller } from './octokit-call.ts';
import { type Pages, parse } from './octokit-pages.ts';
import type { Forge } from './port.ts';
import type { Label } from './shapes.ts';

type LabelCalls = Pick<Forge, 'listLabels' | 'ensureLabels' | 'setLabels' | 'addLabels' | 'removeLabel' | 'replaceStatusLabel'>;

/** The calls about labels. */
export function labelCalls(caller: Caller, pages: Pages, root: string): LabelCalls {
  const names = (data: unknown, path: string) => parse(z.array(labelAnswer), data, path).map(({ name }) => name);
  const onIssue = (number: number) => `${root}/issues/${number}/labels`;
  const write = async (method: string, number: number, labels: readonly string[], options: Parameters<Forge['setLabels']>[2]) => {
    const { data } = await caller.send({ method, path: onIssue(number), body: { labels } }, options);
    return names(data, onIssue(number));
  };
  const current = async (number: number, options: Parameters<Forge['setLabels']>[2]) =>
    (await pages.all(onIssue(number), labelAnswer, options)).value.map(({ name }) => name);

  const calls: LabelCalls = {
    listLabels: async (options) => (await pages.all(`${root}/labels`, labelAnswer, options)).value,

    async ensureLabels(labels, options) {
      const existing = new Map((await calls.listLabels(options)).map((label) => [label.name.toLowerCase(), label]));
      const outcomes: Awaited<ReturnType<Forge['ensureLabels']>> = [];
      for (const label of labels) {
        const known = existing.get(label.name.toLowerCase());
        const { name, color, description } = label;
        if (!known) await caller.send({ method: 'POST', path: `${root}/labels`, body: { name, color, description } }, options);
        else if (!sameLabel(known, label)) {
          const path = `${root}/labels/${encodeURIComponent(known.name)}`;
          await caller.send({ method: 'PATCH', path, body: { new_name: name, color, description } }, options);
        }
        outcomes.push({ name, outcome: !known ? 'created' : sameLabel(known, label) ? 'up-to-date' : 'updated' });
      }
      return outcomes;
    },

    setLabels: (number, labels, options) => write('PUT', number, labels, options),
    addLabels: (number, labels, options) => write('POST', number, labels, options),

    async removeLabel(number, label, options) {
      const path = `${onIssue(number)}/${encodeURIComponent(label)}`;
      try {
        return names((await caller.send({ method: 'DELETE', path }, options)).data, path);
      } catch (error) {
        // 404 says either that the issue or that the label is not there; reading the issue's labels tells which.
        if (error instanceof ForgeNotFound) return current(number, options);
        throw error;
      }
    },

    async replaceStatusLabel(number, to, options) {
      const category = to.slice(0, to.indexOf(':') + 1);
      if (category === '')
        throw new TypeError(`Expected a label of a category, such as status:review, got ${JSON.stringify(to)}.`);
      const before = await current(number, options);
      const after = [...before.filter((label) => !label.startsWith(category)), to];
      const right = before.length === after.length && before.includes(to);
      return right ? before : write('PUT', number, after, options);
    },
  };
  return calls;
}

const sameLabel = (one: Label, other: Label): boolean =>
  one.name === other.name && one.color.toLowerCase() === other.color.toLowerCase() && one.description === other.description;
