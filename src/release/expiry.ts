const day = 86_400_000;

/**
 * The instant at which a date or time ends, milliseconds since 1970.
 * @param expires ISO 8601; a date counts to the end of its day (UTC)
 */
export const endOf = (expires: string): number =>
  /^\d{4}-\d{2}-\d{2}$/.test(expires) ? Date.parse(expires) + day : Date.parse(expires);
