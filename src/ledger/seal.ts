import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../release/canonical.ts";
import { Failure } from "../release/failure.ts";
import { problemsOf } from "../release/problems.ts";
import {
  draftSchema,
  type Entry,
  type EntryDraft,
  type EntryDrafts,
  hashSchema,
  type Link,
  origin,
  placeSchema,
} from "./entry.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Hash over several lines, joined with newlines. */
export const hashLines = (lines: readonly string[]): string => sha256(lines.join("\n"));

/** An entry in its place, and the line that is written. */
export interface Sealed {
  entry: Entry;
  /** Canonical JSON, no newline. */
  line: string;
}

/**
 * Puts an entry behind another one.
 * @throws Failure `Unexpected` when the draft is not of the documented shape: what is not understood later must not get in
 */
export function seal(after: Link, environment: string, draft: EntryDraft): Sealed {
  const parsed = draftSchema.safeParse(draft);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, "entry").map((p) => `${p.path} ${p.message}`);
    throw new Failure({
      code: "Unexpected",
      message: `expected a journal entry of the documented shape for ${environment}: ${problems.join("; ")}`,
      cause: parsed.error,
    });
  }
  const open = { v: 1 as const, seq: after.seq + 1, environment, prev: after.hash, ...parsed.data };
  const entry: Entry = { ...open, hash: sha256(canonicalJson(open)) };
  return { entry, line: canonicalJson(entry) };
}

/** Entries behind one another, as they are written. */
export interface SealedLines {
  entries: Entry[];
  lines: string[];
  last: Entry;
}

/** Puts several entries behind one another. @throws as `seal` */
export function sealAll(after: Link, environment: string, drafts: EntryDrafts): SealedLines {
  const [first, ...rest] = drafts;
  let { entry: last, line } = seal(after, environment, first);
  const [entries, lines] = [[last], [line]];
  for (const draft of rest) {
    ({ entry: last, line } = seal(last, environment, draft));
    entries.push(last);
    lines.push(line);
  }
  return { entries, lines, last };
}

/** What a line turned out to be. */
export type Unsealed =
  /** Its hash is right; `entry` is absent when a newer version wrote it. */
  | { as: "sealed"; link: Link; prev: string; entry?: Entry }
  /** It bears, or should bear, a hash, and is not what was written. */
  | { as: "edited"; seq?: number; message: string; expected?: string; found?: string }
  /** It bears no hash at all: of the time before the chain, or nothing of ours. */
  | { as: "unsealed" };

/** Versions that this program reads. */
const known = 1;

const frameSchema = z.looseObject({
  v: z.int().positive(),
  seq: z.int().positive(),
  environment: z.string(),
  prev: hashSchema,
  hash: hashSchema,
});

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return z.record(z.string(), z.unknown()).safeParse(value).data;
  } catch {
    return undefined;
  }
}

/** Reads a line and proves it against its own hash. Whether it stands in the right place is for the chain to say. */
export function unseal(line: string, environment: string): Unsealed {
  const object = parseObject(line);
  if (!object || !("hash" in object || "seq" in object)) return { as: "unsealed" };
  const frame = frameSchema.safeParse(object).data;
  if (!frame) return { as: "edited", message: "it has no complete place in the chain" };
  const { hash, ...open } = frame;
  const edited = (message: string) => ({ as: "edited" as const, seq: frame.seq, message });
  const found = sha256(canonicalJson(open));
  // Canonical text too: white space, a second key of the same name or another order are edits.
  if (canonicalJson(frame) !== line || found !== hash) {
    const content = edited("its content does not match its hash");
    return found === hash ? content : { ...content, expected: hash, found };
  }
  if (frame.environment !== environment) return edited(`it was written for ${frame.environment}`);
  const sealed = { as: "sealed" as const, link: { seq: frame.seq, hash }, prev: frame.prev };
  if (frame.v > known) return sealed;
  const { v, seq, environment: of, prev, ...content } = open;
  const place = placeSchema.safeParse({ v, seq, environment: of, prev, hash });
  const draft = draftSchema.safeParse(content);
  if (!place.success || !draft.success) return edited("it is not an entry of the documented shape");
  return { ...sealed, entry: { ...draft.data, ...place.data } };
}

/** Lines of the time before the chain, as it wrote them. */
const legacySchema = z.object({
  time: z.string(),
  promotion: z.string(),
  environment: z.string(),
  kind: z.string(),
  actor: z.string(),
  entry: z.enum(["started", "intent", "confirmed", "failed", "ended"]),
});

/** True for a line that the journal before the chain wrote, or that a crash then cut short. */
export function isLegacy(line: string): boolean {
  const object = parseObject(line);
  return object === undefined || legacySchema.safeParse(object).success;
}

/** An unproven entry: `v`, `seq` and `fence` are 0. Nothing when the line cannot be read. */
export function readLegacy(line: string): Entry | undefined {
  const object = parseObject(line);
  if (!object) return undefined;
  const { environment, ...content } = object;
  const draft = draftSchema.safeParse({ ...content, fence: 0 });
  if (!draft.success || typeof environment !== "string") return undefined;
  return { ...draft.data, v: 0, seq: 0, environment, prev: origin.hash, hash: origin.hash };
}
