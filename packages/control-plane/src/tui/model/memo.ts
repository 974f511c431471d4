/**
 * Derivations are remembered by the identity of what they are made of: the fold keeps every row that an event does not touch,
 * so what is made of untouched rows is the same object as before, and nothing of it is drawn again.
 */

const same = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (!Object.is(a[index], b[index])) return false;
  return true;
};

/** The last result again while every input is the same; `previous` is the last result, to take over what still holds. */
export function memoLast<Inputs extends readonly unknown[], Result>(
  compute: (inputs: Inputs, previous: Result | undefined) => Result,
): (...inputs: Inputs) => Result {
  let last: { readonly inputs: Inputs; readonly result: Result } | undefined;
  return (...inputs) => {
    if (last && same(last.inputs, inputs)) return last.result;
    last = { inputs, result: compute(inputs, last?.result) };
    return last.result;
  };
}

/** One result per object of the first input, for as long as that object lives. */
export function memoWeak<Key extends object, Inputs extends readonly unknown[], Result>(
  compute: (key: Key, ...inputs: Inputs) => Result,
): (key: Key, ...inputs: Inputs) => Result {
  const kept = new WeakMap<Key, { readonly inputs: Inputs; readonly result: Result }>();
  return (key, ...inputs) => {
    const known = kept.get(key);
    if (known && same(known.inputs, inputs)) return known.result;
    const result = compute(key, ...inputs);
    kept.set(key, { inputs, result });
    return result;
  };
}

/** The list that was there, when the new one holds the same things in the same order. */
export const sameList = <Item>(next: readonly Item[], previous: readonly Item[] | undefined): readonly Item[] =>
  previous && same(next, previous) ? previous : next;
