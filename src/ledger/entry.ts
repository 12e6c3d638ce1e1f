import { z } from "zod";
import { releaseSchema } from "../release/release.ts";

/** SHA-256, 64 hexadecimal digits. */
export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");

/** Place of an entry in its environment's chain. */
export const linkSchema = z.strictObject({ seq: z.int().nonnegative(), hash: hashSchema });

/** Number and hash of an entry: two chains that agree in one link agree in everything before it. */
export type Link = z.output<typeof linkSchema>;

/** What the first entry of a chain follows. */
export const origin: Link = { seq: 0, hash: "0".repeat(64) };

const fence = z.int().positive();

/** What every entry says. */
const common = {
  /** ISO 8601, UTC; the writer's clock. */
  time: z.iso.datetime(),
  /** Who: user@machine, or a login. */
  actor: z.string().min(1),
  /** The reason that a person gave. */
  why: z.string().min(1).optional(),
  /** Fencing number of the lease under which it was written; absent on what needs no lease. */
  fence: fence.optional(),
};

/** What the entries of a promotion's steps say besides: they are written under its lease only. */
const step = {
  ...common,
  /** Always at least 1, but 0 on lines of the time before fencing. */
  fence: z.int().nonnegative(),
  /** The promotion's correlation id. */
  promotion: z.string().min(1),
  kind: z.enum(["deploy", "promote", "rollback", "resume"]),
  /** Attempt that the promotion, or this step of it, uses. */
  attempt: z.int().nonnegative().optional(),
};

/** Entries that people write while a promotion waits or runs, or while none does. */
const remark = { ...common, promotion: z.string().min(1).optional() };

const reason = z.strictObject({ code: z.string().min(1), message: z.string(), hint: z.string().optional() });
const seconds = z.number().nonnegative().optional();
const stepName = z.string().min(1);

/** A release by name: what a person calls it. */
const named = { releaseId: z.string().regex(/^[0-9a-f]{12}$/), version: z.string().min(1) };

/** Set when retention stated it anew because it is still in force: number and time of the first statement. */
const carried = z.strictObject({ seq: z.int().positive(), time: z.iso.datetime() }).optional();

const holder = z.strictObject({
  user: z.string(),
  machine: z.string(),
  pid: z.int(),
  promotion: z.string(),
  since: z.string(),
  fence: z.int().nonnegative(),
});

/** Something in a journal that is not as it was written. */
export const damageSchema = z.strictObject({
  kind: z.string().min(1),
  /** Entry, where it is known. */
  seq: z.int().nonnegative().optional(),
  /** Line of the journal, from 1. */
  line: z.int().positive().optional(),
  message: z.string(),
  /** Hash that the entry should have, and the one it has, where both are known. */
  expected: hashSchema.optional(),
  found: hashSchema.optional(),
});

/** What a person or the driver gives to the journal, told apart by `entry`; the ledger adds its place in the chain. */
export const draftSchema = z.discriminatedUnion("entry", [
  /** A promotion begins. */
  z.strictObject({
    entry: z.literal("started"),
    ...step,
    release: releaseSchema,
    previous: releaseSchema.optional(),
  }),
  /** On disk before the step that it announces. */
  z.strictObject({ entry: z.literal("intent"), ...step, step: stepName }),
  /** The step's effect was observed. */
  z.strictObject({ entry: z.literal("confirmed"), ...step, step: stepName, seconds }),
  z.strictObject({ entry: z.literal("failed"), ...step, step: stepName, reason, seconds }),
  /** A promotion is over. */
  z.strictObject({
    entry: z.literal("ended"),
    ...step,
    /** `Pending`: people have to agree first; nothing was touched, and the next promotion of the same release goes on. */
    status: z.enum(["Completed", "Failed", "RolledBack", "Cancelled", "Pending"]),
    release: releaseSchema.optional(),
    previous: releaseSchema.optional(),
    /** What the environment runs now, read back from its hosts. */
    runs: releaseSchema.optional(),
    reason: reason.optional(),
    seconds,
  }),
  /** People are asked to agree to a promotion; `actor` is who started it. */
  z.strictObject({
    entry: z.literal("requested"),
    ...remark,
    promotion: z.string().min(1),
    ...named,
    /** Hash of release, plan and preview: what people agree to. */
    bound: hashSchema,
  }),
  /** A person allowed or refused a promotion; `actor` is that person. */
  z.strictObject({
    entry: z.literal("approval"),
    ...remark,
    promotion: z.string().min(1),
    decision: z.enum(["approved", "denied"]),
    /** Hash of release, plan and preview: if one of them changes, the approval is void. */
    bound: hashSchema,
  }),
  /** A person overruled a gate. */
  z.strictObject({
    entry: z.literal("override"),
    ...remark,
    /** The gate's name, such as `soak`. */
    gate: z.string().min(1),
    why: z.string().min(1),
  }),
  /** Emergency stop: from here on only rollbacks deploy. */
  z.strictObject({ entry: z.literal("stop"), ...remark, why: z.string().min(1), carried }),
  /** The emergency stop is over. */
  z.strictObject({ entry: z.literal("lifted"), ...remark }),
  /** A release must not come into this environment again. */
  z.strictObject({ entry: z.literal("veto"), ...remark, ...named, reason: reason.optional(), carried }),
  z.strictObject({ entry: z.literal("unveto"), ...remark, ...named, why: z.string().min(1) }),
  /** A lease was taken that nobody had given back; written by the ledger itself. */
  z.strictObject({
    entry: z.literal("lock"),
    ...common,
    fence,
    promotion: z.string().min(1),
    from: holder,
    /** True: the holder was alive, and a person took the lease from it. */
    forced: z.boolean(),
  }),
  /** What the tests of a release in this environment came to. */
  z.strictObject({
    entry: z.literal("tests"),
    ...remark,
    ...named,
    result: z.enum(["passed", "failed"]),
    /** Where it can be read. */
    url: z.url().optional(),
  }),
  z.strictObject({ entry: z.literal("note"), ...remark, text: z.string().min(1) }),
  /** The chain begins after lines of the format before it; written by the ledger itself. */
  z.strictObject({
    entry: z.literal("adopted"),
    ...common,
    lines: z.int().positive(),
    /** Over these lines, joined with newlines. */
    sha256: hashSchema,
  }),
  /**
   * A person has looked at a journal that is not as it was written, and goes on behind it: a new segment of the chain begins here. What
   * stands before is kept as it was found; written by the ledger itself.
   */
  z.strictObject({
    entry: z.literal("repaired"),
    ...common,
    why: z.string().min(1),
    /** Lines before this one. */
    lines: z.int().nonnegative(),
    /** Over these lines, joined with newlines. */
    sha256: hashSchema,
    /** The last entry by the record that is kept apart; absent when that was gone. */
    expected: linkSchema.optional(),
    /** The last entry with a right hash. */
    found: linkSchema,
    /** What was wrong, the first of it. */
    problems: z.array(damageSchema).min(1).max(20),
    /** How much more was wrong. */
    more: z.int().positive().optional(),
  }),
  /** Retention removed every entry up to a link; written by the ledger itself. */
  z.strictObject({ entry: z.literal("pruned"), ...common, through: linkSchema, before: z.iso.datetime() }),
]);

/** An entry's place in the chain. */
export const placeSchema = z.strictObject({
  /** Version of the format. 0: a line of the time before the chain; then `seq` is 0 and nothing proves it. */
  v: z.union([z.literal(0), z.literal(1)]),
  /** 1, 2, 3, … per environment. */
  seq: z.int().nonnegative(),
  environment: z.string(),
  /** Hash of the entry before; zeros for the first. */
  prev: hashSchema,
  /** SHA-256 over the canonical JSON of the entry without this field. */
  hash: hashSchema,
});

export type Damage = z.output<typeof damageSchema>;
export type EntryDraft = z.output<typeof draftSchema>;
/** At least one. */
export type EntryDrafts = readonly [...EntryDraft[], EntryDraft];
/** One line of the journal. */
export type Entry = EntryDraft & z.output<typeof placeSchema>;
/** One kind of entry. */
export type EntryOf<K extends Entry["entry"]> = Extract<Entry, { entry: K }>;

/** First entries of promotions that never ended, oldest first. */
export function openPromotions(entries: readonly Entry[]): EntryOf<"started">[] {
  const ended = new Set(entries.flatMap((e) => (e.entry === "ended" ? [e.promotion] : [])));
  return entries.filter((e): e is EntryOf<"started"> => e.entry === "started" && !ended.has(e.promotion));
}

/** First entry of the newest promotion that never ended. */
export const openPromotion = (entries: readonly Entry[]): EntryOf<"started"> | undefined =>
  openPromotions(entries).at(-1);
