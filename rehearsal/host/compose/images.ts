/** Getting the images of services. */
import { type Call, CommandFailure } from "../docker/call.ts";
import { findImage } from "../docker/find.ts";
import { pullImage } from "../docker/image-commands.ts";
import { invalid, pullFailed } from "./refusal.ts";
import type { Service } from "./service.ts";

export type PullPolicy = "always" | "missing" | "never";

export function readPullPolicy(text: string): PullPolicy {
  if (text === "always" || text === "missing" || text === "never") return text;
  throw invalid(`invalid --pull option "${text}"`);
}

/** Fetches side by side what the policy asks for. @throws CommandFailure 18 with the first error */
export async function pullImages(
  call: Call,
  services: readonly Service[],
  policy: PullPolicy,
  say: (line: string) => void,
): Promise<void> {
  if (policy === "never") return;
  const wanted = services.filter(({ image }) => policy === "always" || !findImage(call, image));
  const results = await Promise.allSettled(
    [...new Set(wanted.map(({ image }) => image))].map(async (image) => {
      const names = wanted.filter((service) => service.image === image).map(({ name }) => name);
      for (const name of names) say(` ${name} Pulling `);
      await pullImage(call, image);
      for (const name of names) say(` ${name} Pulled `);
    }),
  );
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { reason } = result as { reason: unknown };
    throw reason instanceof CommandFailure ? pullFailed(reason.message) : reason;
  }
}
