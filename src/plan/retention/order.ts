import { type Bundle, speaksOnly } from "./bundles.ts";
import type { StoredVersion } from "./stored.ts";

const ageOf = ({ versions }: Bundle): number =>
  Math.min(...versions.map((version) => version.created.getTime()));

/** A heap by age: the oldest bundle whose turn has come is at the top. */
class Oldest {
  private readonly heap: { bundle: Bundle; age: number }[] = [];

  push(bundle: Bundle): void {
    const { heap } = this;
    let at = heap.push({ bundle, age: ageOf(bundle) }) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.isOlder(at, up); up = (at - 1) >> 1) {
      this.swap(at, up);
      at = up;
    }
  }

  pop(): Bundle | undefined {
    const { heap } = this;
    this.swap(0, heap.length - 1);
    const top = heap.pop()?.bundle;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const down = this.isOlder(right, left) ? right : left;
      if (!this.isOlder(down, at)) return top;
      this.swap(down, at);
      at = down;
    }
  }

  private isOlder(a: number, b: number): boolean {
    const [one, other] = [this.heap[a], this.heap[b]];
    return one !== undefined && other !== undefined && one.age < other.age;
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (!one || !other) return;
    this.heap[a] = other;
    this.heap[b] = one;
  }
}

/**
 * The order in which bundles may go: the oldest first, but none before everything that lists something of it. So that no index ever
 * lacks a part, wherever it is stopped.
 * @param bundles nothing that stays lists anything of them
 * @returns what has to go together, in order: nearly always one bundle, more only where they list each other
 */
export function orderOfLeaving(bundles: readonly Bundle[]): Bundle[][] {
  const listers = new Map<Bundle, number>(bundles.map((bundle) => [bundle, 0]));
  for (const bundle of bundles)
    for (const member of bundle.members) {
      const count = listers.get(member);
      if (count !== undefined) listers.set(member, count + 1);
    }
  const ready = new Oldest();
  for (const [bundle, count] of listers) if (count === 0) ready.push(bundle);
  const order: Bundle[][] = [];
  for (let next = ready.pop(); next; next = ready.pop()) {
    order.push([next]);
    listers.delete(next);
    for (const member of next.members) {
      const count = listers.get(member);
      if (count === undefined) continue;
      listers.set(member, count - 1);
      if (count === 1) ready.push(member);
    }
  }
  // They list each other in a circle: half of them would leave an index without its parts.
  const circle = [...listers.keys()];
  return circle.length > 0 ? [...order, circle] : order;
}

/** Images before what speaks of them, lists before what they list. */
const rank = (version: StoredVersion): number =>
  (speaksOnly(version) ? 2 : 0) + ((version.content?.members.length ?? 0) > 0 ? 0 : 1);

/** The order in which the parts of what goes together may go: what is left behind half way is nothing that anybody pulls. */
export function orderWithin(group: readonly Bundle[]): StoredVersion[] {
  const left = group.flatMap(({ versions }) => versions).sort((a, b) => rank(a) - rank(b));
  const order: StoredVersion[] = [];
  while (left.length > 0) {
    const listed = new Set(left.flatMap(({ content }) => content?.members ?? []));
    const next = left.filter(({ digest }) => !listed.has(digest));
    // No digest can be in a circle with itself; only invented ones are.
    const going = next.length > 0 ? next : [...left];
    order.push(...going);
    left.splice(0, left.length, ...left.filter((version) => !going.includes(version)));
  }
  return order;
}
