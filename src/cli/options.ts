import type { Command } from "commander";
import type { DriverContext } from "../automation/context.ts";
import { isOverridable, type OverridableGate, type Override, overridableGates } from "../plan/gates/gate.ts";
import { Failure } from "../release/failure.ts";
import { nearest } from "../release/problems.ts";
import type { GlobalOptions } from "./session.ts";

/** Gathers a repeatable option. */
export const collect = (value: string, all: string[]): string[] => [...all, value];

/** Options given before and after the command's name. */
export const globalOptions = (command: Command): GlobalOptions => command.optsWithGlobals<GlobalOptions>();

/** A command line that does not fit its command. */
export const usage = (message: string, hint?: string): Failure =>
  new Failure({ code: "UsageInvalid", message, ...(hint !== undefined && { hint }), fault: "user" });

/** A reason that says something. @throws Failure `UsageInvalid` naming what it is needed for */
export function demandReason(reason: string | undefined, what: string): string {
  const said = reason?.trim() ?? "";
  if (said !== "") return said;
  throw usage(`expected --reason "…" ${what}: it is written to the ledger`);
}

/** What `--override` and `--reason` give. */
export interface OverrideOptions {
  override: string[];
  reason?: string;
}

/** Adds `--override` and `--reason`. */
export const withOverrides = (command: Command): Command =>
  command
    .option(
      "--override <gate>",
      `go on in spite of a gate (${overridableGates.join(", ")}); repeatable, needs --reason`,
      collect,
      [],
    )
    .option("--reason <text>", "why; written to the ledger, shown to approvers");

function parseGate(name: string, known: readonly OverridableGate[]): OverridableGate {
  if (name === "stop")
    throw usage("an emergency stop cannot be overridden, only lifted", "liftlock stop --lift");
  if (isOverridable(name) && known.includes(name)) return name;
  const near = nearest(name, known);
  throw usage(
    `expected --override with ${known.length === 1 ? "" : "one of "}${known.join(", ")}, got "${name}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
  );
}

/**
 * The gates that a person goes on in spite of, each once.
 * @param known those that the command is judged by
 * @throws Failure `UsageInvalid` for a gate that is none or cannot be overridden, or without a reason
 */
export function overridesOf(
  { actor }: Pick<DriverContext, "actor">,
  { override, reason }: OverrideOptions,
  known: readonly OverridableGate[] = overridableGates,
): Override[] {
  const gates = [...new Set(override)].map((name) => parseGate(name, known));
  if (gates.length === 0) return [];
  const said = demandReason(reason, `beside --override ${gates.join(" --override ")}`);
  return gates.map((gate) => ({ gate, reason: said, by: actor }));
}

/** As `overridesOf`, where a reason alone would go nowhere. @throws Failure `UsageInvalid` */
export function overridesOfLift(context: Pick<DriverContext, "actor">, options: OverrideOptions): Override[] {
  if (options.reason !== undefined && options.override.length === 0)
    throw usage(`expected --override beside --reason, with one of ${overridableGates.join(", ")}`);
  return overridesOf(context, options);
}
