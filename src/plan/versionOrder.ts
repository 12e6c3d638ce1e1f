const pattern = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;

const numeric = /^\d+$/;

/** One identifier of a pre-release against another: numbers by value and below words, words by their bytes. */
function compareIdentifiers(a: string, b: string): number {
  const [first, second] = [numeric.test(a), numeric.test(b)];
  if (first && second) return Math.sign(Number(a) - Number(b));
  if (first !== second) return first ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Semantic versions by precedence (semver.org 2.0.0, section 11): below zero when `a` comes before `b`. What stands behind a `+` does
 * not count; what is no semantic version comes before every one.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [pattern.exec(a), pattern.exec(b)];
  if (!one || !other) return Number(one !== null) - Number(other !== null);
  for (const part of [1, 2, 3]) {
    const difference = Number(one[part]) - Number(other[part]);
    if (difference !== 0) return Math.sign(difference);
  }
  const [before, after] = [one[4]?.split("."), other[4]?.split(".")];
  // A pre-release comes before the release itself.
  if (!before || !after) return Number(before === undefined) - Number(after === undefined);
  for (const [index, identifier] of before.entries()) {
    const against = after[index];
    if (against === undefined) return 1;
    const difference = compareIdentifiers(identifier, against);
    if (difference !== 0) return difference;
  }
  return before.length < after.length ? -1 : 0;
}
