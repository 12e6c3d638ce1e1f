import type { StackConfig } from "./schema.ts";

type RegistryAccess = Pick<NonNullable<StackConfig["registry"]>, "server" | "username" | "token"> &
  Partial<Pick<NonNullable<StackConfig["registry"]>, "pull">>;

/** What hosts log in with: the account for pulling where there is one, so that no host holds a token that can write. */
export const hostRegistry = ({ server, username, token, pull }: RegistryAccess) => ({
  server,
  username: pull?.username ?? username,
  token: pull?.token ?? token,
});
