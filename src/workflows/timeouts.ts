/** How long things may take, in minutes. The first five are those of the promotion's specification. */
export const limits = { build: 15, promotion: 10, deploy: 10, rollback: 8, health: 2 } as const;

/** Fetching the checkout, Node and packages, and what is written down afterwards. */
const around = 7;

/**
 * Of whole jobs. A job that is ended by its timeout kills the driver, which then has to be resumed: so each leaves room for the driver's
 * own limits one after the other, the automatic way back included. Waiting for reviewers does not count.
 */
export const timeouts = {
  version: 10,
  build: limits.build + around,
  deploy: limits.deploy + limits.rollback + limits.health + around,
  promotion: limits.promotion + limits.deploy + limits.rollback + limits.health + around,
  rollback: limits.rollback + limits.health + around,
  /** Something that only looks. */
  look: 15,
  cleanup: 30,
  /** Fetching a backup, restoring it, and reading a part of the storage. */
  drill: 120,
} as const;
