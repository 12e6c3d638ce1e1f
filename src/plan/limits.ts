/** Time limits and counts; figures from the specification's table "Limits and timeouts". Milliseconds. */
export const limits = {
  /** The update of an environment. */
  deploy: 10 * 60_000,
  /** One way back, update and checks. */
  rollback: 8 * 60_000,
  /** Earlier releases tried on the way back before a person is called. */
  rollbackTargets: 3,
  /** Waiting for an engine's lock that another process holds. */
  engineLock: 60_000,
} as const;
