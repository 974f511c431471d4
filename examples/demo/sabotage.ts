/** Ways to make the demo fail. Each has to make it exit 1 and name the cause; the tests see to that. */
export const sabotages = [
  'broken-test',
  'withheld-approval',
  'edited-event',
  'second-plan',
  'missing-pull',
  'model-500',
] as const;
export type Sabotage = (typeof sabotages)[number];

export const isSabotage = (text: string): text is Sabotage => (sabotages as readonly string[]).includes(text);
