import { expect, it } from "vitest";
import { clock, spell } from "../../../src/plan/gates/words.ts";

it.each([
  [0, "0 s"],
  [-5, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [90, "1 min 30 s"],
  [750, "12 min"],
  [3599, "59 min"],
  [3600, "1 h"],
  [8040, "2 h 14 min"],
  [273_600, "3 d 4 h"],
])("%d s is %s", (seconds, words) => {
  expect(spell(seconds * 1000)).toBe(words);
});

it.each([
  ["2026-01-07T14:47:10Z", "UTC", "14:48 UTC"],
  ["2026-01-07T23:30:00Z", "Europe/Berlin", "2026-01-08 00:30 Europe/Berlin"],
  ["2026-01-06T09:59:59Z", "UTC", "2026-01-06 09:59 UTC"],
])("%s in %s is shown as %s", (instant, timezone, shown) => {
  expect(clock(new Date(instant), new Date("2026-01-07T14:00:00Z"), timezone)).toBe(shown);
});
