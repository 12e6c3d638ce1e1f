import type { Events } from "../events/events.ts";

/** A program to run, and what it is told. */
export interface ProgramRun {
  readonly project: string;
  readonly stack: string;
  /** Directory of Pulumi.yaml. */
  readonly root: string;
  readonly program: { readonly directory: string; readonly entry: string };
  /** Address of the engine's services. */
  readonly monitor: string;
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  /** Options of the Node runtime in Pulumi.yaml. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly events: Events;
  /** Aborted once nothing the program does matters any more. */
  readonly signal: AbortSignal;
}

/** How a program ended; without a message it has said itself what is wrong. */
export type ProgramEnd = { readonly ok: true } | { readonly ok: false; readonly message?: string };
