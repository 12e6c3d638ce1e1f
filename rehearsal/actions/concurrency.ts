/** Concurrency groups: one is under way, one waits; a newer one that waits takes the place of the older (docs.github.com, "Concurrency"). */
interface Group {
  running: AbortController | undefined;
  waiting: { resolve: (go: boolean) => void } | undefined;
}

/** A place in a group. */
export interface Place {
  /** Aborted when a newer one with `cancel-in-progress` came. */
  cancelled: AbortSignal;
  leave(): void;
}

/** All groups of a repository. */
export class ConcurrencyGroups {
  private readonly groups = new Map<string, Group>();

  /** Waits for its turn. @returns nothing when a newer one took its place in the queue */
  async enter(name: string, cancelInProgress: boolean): Promise<Place | undefined> {
    const group = this.groups.get(name) ?? { running: undefined, waiting: undefined };
    this.groups.set(name, group);
    if (group.running) {
      group.waiting?.resolve(false);
      if (cancelInProgress) group.running.abort();
      const go = await new Promise<boolean>((resolve) => (group.waiting = { resolve }));
      if (!go) return undefined;
    }
    const controller = new AbortController();
    group.running = controller;
    return {
      cancelled: controller.signal,
      leave: () => {
        const next = group.waiting;
        group.waiting = undefined;
        // Whoever comes now must wait behind the one that is let in.
        group.running = next ? new AbortController() : undefined;
        next?.resolve(true);
      },
    };
  }
}
