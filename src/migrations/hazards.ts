/** What a statement of a migration can do to an environment that goes on while it runs. */
export const hazards = {
  drop: {
    effect: "loses data, and breaks the release that still uses it",
    instead: "drop it with the release after the one that stopped using it",
  },
  dropColumn: {
    effect: "loses data, and breaks the release that still reads or writes the column",
    instead: "drop it with the release after the one that stopped using it",
  },
  truncate: {
    effect: "loses every row",
    instead: "delete what is meant, with a condition",
  },
  deleteAll: { effect: "loses every row", instead: "delete what is meant, with a condition" },
  updateAll: {
    effect: "locks every row until it ends, and writes the table a second time",
    instead: "update in batches, outside the migration",
  },
  rename: {
    effect: "breaks the release that still uses the old name",
    instead: "add the new one, write both, and drop the old one a release later",
  },
  alterType: {
    effect: "may rewrite the table under a lock, and breaks the release that still expects the old type",
    instead: "add a column of the new type, write both, and drop the old one a release later",
  },
  setNotNull: {
    effect: "breaks the release that still writes NULL, and reads the whole table under a lock",
    instead: "add a CHECK (… IS NOT NULL) NOT VALID, validate it, then set NOT NULL a release later",
  },
  addNotNull: {
    effect: "breaks the release that does not know the column, and fails on a table with rows",
    instead: "give it a DEFAULT, or let it be NULL until every release writes it",
  },
  rewrite: {
    effect: "rewrites the table under a lock that nobody gets past",
    instead: "add the column without it, fill it in batches, then set the default",
  },
  indexLock: {
    effect: "keeps everybody from writing (from reading too, when it is dropped) until it is done",
    instead: "say CONCURRENTLY, in a migration that runs outside a transaction",
  },
  constraintLock: {
    effect: "reads the whole table under a lock that keeps everybody from writing",
    instead: "add it NOT VALID and VALIDATE it afterwards; a unique one with USING INDEX",
  },
  unseen: {
    effect: "is not looked into: what it does is known when it runs",
    instead: "write plain statements, or say why this is harmless",
  },
  unreadable: {
    effect: "is no SQL that PostgreSQL reads, so nothing is known of it",
    instead: "mend it, or leave the file out of liftlock:migration.files",
  },
} as const;

export type Hazard = keyof typeof hazards;

export const hazardNames = Object.keys(hazards) as Hazard[];

/** A hazard in a statement, and what it befalls. */
export interface Peril {
  hazard: Hazard;
  /** `DROP TABLE orders` */
  what: string;
}
