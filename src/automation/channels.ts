import { z } from "zod";
import { hasChannels, type NotifyConfig, notifyIn, secretProblems, secretsOf } from "../notify/schema.ts";
import { asFailure } from "../release/failure.ts";
import type { DriverContext } from "./context.ts";
import { engineJson } from "./engine.ts";
import type { Target } from "./ports.ts";

const printed = z.looseObject({ "liftlock:notify": z.looseObject({ value: z.string() }).optional() });

/** What is needed to learn whom to tell. */
type ChannelContext = Pick<DriverContext, "engine" | "workDirectory" | "environment" | "notify" | "secrets">;

/** True when the environment's configuration file names anybody. */
export const tellsAnybody = ({ config }: Pick<Target, "config">): boolean => hasChannels(config.notify);

/** As the engine decrypts it from the file. @throws Failure */
async function configured(context: ChannelContext, environment: string): Promise<NotifyConfig> {
  const args = ["config", "--json", "--show-secrets", "--stack", environment];
  const { "liftlock:notify": entry } = printed.parse(await engineJson(context, args));
  return notifyIn(z.string().min(1)).parse(entry ? JSON.parse(entry.value) : {});
}

/**
 * The channels of an environment, secrets in the clear and known to be masked. They are read from the configuration and not from
 * what the stack exports: that is as of the last update, so that the first promotion after somebody named a channel, or changed
 * its key, would tell nobody. Where the engine cannot decrypt it, what the last update exported has to do. Never throws.
 */
export async function readChannels(
  context: ChannelContext,
  target: Pick<Target, "name" | "outputs">,
): Promise<NotifyConfig> {
  const exported = target.outputs.access.notify;
  context.secrets.add(secretsOf(exported));
  const warn = (message: string) => context.notify({ code: "warning", payload: { message } });
  try {
    const found = await configured(context, target.name);
    context.secrets.add(secretsOf(found));
    for (const { path, message } of secretProblems(found)) warn(`liftlock:${path}: ${message}`);
    return found;
  } catch (thrown) {
    const { code } = asFailure(thrown);
    warn(`liftlock:notify could not be read (${code}); those that the last update knew are told`);
    return exported;
  }
}
