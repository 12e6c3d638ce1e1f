import { BenchFailure } from "./failure.ts";

/** Reads options of benches. Every problem ends with how the command is used. */
export const choices = (usage: string) => ({
  /** A whole number from 1 on. @throws BenchFailure */
  count: (name: string, text: string, most: number): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1 && number <= most) return number;
    throw new BenchFailure(`${name}: expected a number from 1 to ${most}, got "${text}"\n\n${usage}`);
  },
  /** One of these words. @throws BenchFailure */
  oneOf: <Word extends string>(name: string, text: string, words: readonly Word[]): Word => {
    const known = words.find((word) => word === text);
    if (known !== undefined) return known;
    throw new BenchFailure(`${name}: expected one of ${words.join(", ")}, got "${text}"\n\n${usage}`);
  },
});
