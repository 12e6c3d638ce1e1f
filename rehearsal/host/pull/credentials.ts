/** Registry credentials from a Docker configuration folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const configSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({
        /** `user:password` in base64. */
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
      }),
    )
    .default({}),
});

/** Credentials for HTTP basic authentication: `user:password`. Nothing when the folder has none for this registry. */
export async function readCredentials(folder: string, registry: string): Promise<string | undefined> {
  const text = await readFile(join(folder, "config.json"), "utf8").catch(() => "{}");
  const { auths } = configSchema.catch({ auths: {} }).parse(parse(text));
  const entry = auths[registry] ?? auths[`https://${registry}`] ?? auths[`http://${registry}`];
  if (entry?.auth !== undefined) return Buffer.from(entry.auth, "base64").toString();
  if (entry?.username !== undefined) return `${entry.username}:${entry.password ?? ""}`;
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
