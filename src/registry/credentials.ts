/** Credentials for one registry. */
export interface Credentials {
  /** Host, with port where there is one: `ghcr.io`. */
  server: string;
  username: string;
  token: string;
}
