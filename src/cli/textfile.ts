import { renameSync, writeFileSync } from "node:fs";
import { Failure } from "../release/failure.ts";

/** Writes a file that others read at any moment: it is there as a whole, or as it was. @throws Failure `UsageInvalid` */
export function writeTextfile(path: string, text: string): void {
  try {
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  } catch (cause) {
    throw new Failure({
      code: "UsageInvalid",
      message: `expected to write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Name a file in a directory that exists and may be written.",
      cause,
      fault: "user",
    });
  }
}
