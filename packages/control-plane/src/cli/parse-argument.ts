import { InvalidArgumentError } from 'commander';

/** A whole number from 1 to `largest`. */
export const positiveInteger =
  (largest: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 1 || number > largest)
      throw new InvalidArgumentError(`expected a whole number from 1 to ${largest}`);
    return number;
  };
