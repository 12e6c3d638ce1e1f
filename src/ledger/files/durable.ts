import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A file's name is on disk only when its directory is. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes all of it: a call may write less than it was given. */
export function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** Puts a whole new content in a file's place, on disk when it returns: a reader sees the old one or the new one. */
export function replaceFile(file: string, text: string): void {
  const draft = `${file}.new`;
  const descriptor = openSync(draft, "w", 0o600);
  try {
    writeAll(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}

/** As `replaceFile`, and the change of name survives a loss of power too. */
export function replaceDurably(file: string, text: string): void {
  replaceFile(file, text);
  syncDirectory(dirname(file));
}
