import type { Props } from "../../values/values.ts";
import { optionalText } from "../fields.ts";
import { Api } from "../http/api.ts";
import { verifyLoopback } from "../loopback.ts";
import type { Context } from "../provider.ts";

const clients = new WeakMap<Props, Api>();

/** The API's address in a provider's configuration, or of the environment; proven to be on this machine. */
export function apiUrlOf(config: Props): URL {
  return verifyLoopback(
    optionalText(config, "apiEndpoint") ?? process.env.DIGITALOCEAN_API_URL,
    "DIGITALOCEAN_API_URL",
  );
}

/** The API a provider talks to, one client for each provider. */
export function clientOf(context: Context): Api {
  const known = clients.get(context.config);
  if (known) return known;
  const token = optionalText(context.config, "token") ?? process.env.DIGITALOCEAN_TOKEN ?? "";
  const base = apiUrlOf(context.config).href.replace(/\/+$/, "");
  const made = new Api(`${base}/v2`, {
    authorization: `Bearer ${token}`,
    "user-agent": "liftlock-rehearsal",
  });
  clients.set(context.config, made);
  return made;
}
