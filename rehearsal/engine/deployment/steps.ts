import type { Events } from "../events/events.ts";
import type { Op, StepReport } from "../events/report.ts";
import { EngineError, isAborted, messageOf } from "../failure.ts";
import type { CheckpointWriter } from "../state/checkpoint.ts";
import { isProviderType, nameOf, type Operation, type Resource } from "../state/resource.ts";
import type { Diff } from "./diff.ts";
import type { Inventory } from "./inventory.ts";
import { Slots } from "./slots.ts";

/** One thing done to one resource. */
export interface Step {
  readonly op: Op;
  readonly old?: Resource | undefined;
  readonly next?: Resource | undefined;
  readonly diff?: Diff;
  readonly replaceKeys?: readonly string[];
  /** Refuses the step, in previews too. */
  readonly verify?: () => void;
  /** The provider's part; not run in previews. Returns the state it made of `next`. */
  readonly work?: () => Promise<Resource | undefined>;
  /** One of several that begin together: the failure of one does not keep the others from running. */
  readonly together?: boolean;
  /** Moves the state once the work is done. */
  readonly settle?: (made: Resource | undefined) => void;
}

const WRITES: Partial<Record<Op, Operation["type"]>> = {
  create: "creating",
  "create-replacement": "creating",
  update: "updating",
  delete: "deleting",
  "delete-replaced": "deleting",
};

/** Halves of a replacement, which is counted once, as `replace`; and what an update reads back before it begins. */
const UNCOUNTED: readonly Op[] = ["create-replacement", "delete-replaced", "refresh"];

/** A default provider is the engine's own affair: neither announced nor counted. */
function isInternal(resource: Resource): boolean {
  return isProviderType(resource.type) && /^default(_|$)/.test(nameOf(resource.urn));
}

/** Runs steps: announces each one, notes it in the checkpoint, does it, notes the outcome. */
export class Steps {
  readonly changes: Partial<Record<Op, number>> = {};
  /** Resources this run has created. */
  readonly created = new Set<string>();
  readonly #dryRun: boolean;
  readonly #events: Events;
  readonly #inventory: Inventory;
  readonly #checkpoint: CheckpointWriter | undefined;
  readonly #slots: Slots;
  readonly #onFailure: () => void;
  #failure: string | undefined;
  #interrupted = false;

  constructor(parts: {
    dryRun: boolean;
    parallel: number;
    events: Events;
    inventory: Inventory;
    checkpoint: CheckpointWriter | undefined;
    onFailure: () => void;
  }) {
    this.#dryRun = parts.dryRun;
    this.#events = parts.events;
    this.#inventory = parts.inventory;
    this.#checkpoint = parts.checkpoint;
    this.#slots = new Slots(parts.parallel);
    this.#onFailure = parts.onFailure;
  }

  /** Why nothing more is begun. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Nothing more is begun; what runs may finish. */
  abort(message: string): void {
    this.#failure ??= message;
    this.#onFailure();
  }

  /** {@link abort} because someone asks for it: not even steps that belong together are begun any more. */
  interrupt(message: string): void {
    this.#interrupted = true;
    this.abort(message);
  }

  /** @throws EngineError `aborted` when an earlier failure has stopped the run. */
  verifyGoing(): void {
    if (this.#failure !== undefined) throw new EngineError("aborted", this.#failure);
  }

  /** Reports an error of a resource and stops the run. */
  refuse(message: string, urn: string): never {
    this.#events.diagnostic("error", message, urn);
    this.abort(message);
    throw new EngineError("aborted", message);
  }

  /** A call to a provider that changes nothing; counts against the parallel limit. */
  ask<T>(work: () => Promise<T>): Promise<T> {
    return this.#slots.run(() => this.verifyGoing(), work);
  }

  /** {@link ask} about a resource of the state; a failure is that resource's and stops the run. */
  async reading<T>(resource: Resource, work: () => Promise<T>): Promise<T> {
    try {
      return await this.ask(work);
    } catch (error) {
      if (isAborted(error)) throw error;
      const report: StepReport = { op: "refresh", old: resource, next: undefined, diff: {}, replaceKeys: [] };
      this.#events.failed(report, messageOf(error));
      this.abort(messageOf(error));
      throw new EngineError("aborted", messageOf(error), { cause: error });
    }
  }

  /** A change outside a step, such as a component's outputs, is to reach the checkpoint. */
  noted(): void {
    this.#checkpoint?.touch();
  }

  idle(): Promise<void> {
    return this.#slots.idle();
  }

  async run(step: Step): Promise<Resource | undefined> {
    const { op, old, next } = step;
    const resource = next ?? old;
    if (!resource) return undefined;
    const quiet = isInternal(resource);
    const report: StepReport = { op, old, next, diff: step.diff ?? {}, replaceKeys: step.replaceKeys ?? [] };
    if (!quiet) this.#events.begun(report);
    const type = WRITES[op];
    const operation = type && { resource, type };
    const made = await this.#perform(step, operation, report);
    // In one go: a checkpoint shows either the unfinished operation or its outcome.
    step.settle?.(made);
    if (operation) this.#inventory.end(operation);
    if (op === "create") this.created.add(resource.urn);
    this.#checkpoint?.touch();
    if (step.work && !this.#dryRun) await this.#checkpoint?.flush();
    if (!quiet) {
      this.#events.done({ ...report, next: made });
      if (!UNCOUNTED.includes(op)) this.changes[op] = (this.changes[op] ?? 0) + 1;
    }
    return made;
  }

  async #perform(
    step: Step,
    operation: Operation | undefined,
    report: StepReport,
  ): Promise<Resource | undefined> {
    const { work } = step;
    try {
      step.verify?.();
      if (!work || this.#dryRun) return step.next;
      return await this.#slots.run(
        () => {
          if (!step.together || this.#interrupted) this.verifyGoing();
        },
        async () => {
          if (operation) {
            this.#inventory.begin(operation);
            await this.#checkpoint?.flush();
          }
          return work();
        },
      );
    } catch (error) {
      if (operation) this.#inventory.end(operation);
      this.#checkpoint?.touch();
      if (isAborted(error)) throw error;
      this.#events.failed(report, messageOf(error));
      this.abort(messageOf(error));
      throw new EngineError("aborted", messageOf(error), { cause: error });
    }
  }
}
