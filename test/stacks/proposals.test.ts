import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../stacks/config.ts";

const root = join(import.meta.dirname, "..", "..");

const proposed = (file: string) =>
  (parse(readFileSync(join(root, file), "utf8")) as { config: Record<string, Record<string, unknown>> })
    .config;

it.each(["staging", "production"])("%s is proposed whole, but for what `liftlock init` adds", (name) => {
  const file = `Pulumi.${name}.yaml`;
  const config = proposed(file);
  expect(config).not.toHaveProperty("liftlock:ssh");
  const secret = { secure: "v1:" };
  const made = {
    ...config,
    "liftlock:fleet": { ...config["liftlock:fleet"], operators: ["203.0.113.0/24"] },
    "liftlock:ssh": { privateKey: secret, hostKeySeed: secret },
  };
  expect(parseConfig(made, file, "file")).toMatchObject({ app: "shop" });
});

it.each(["staging", "production"])("%s proposes values only for variables that the example takes", (name) => {
  const example = readFileSync(join(root, `app/.env.${name}.example`), "utf8");
  const { variables } = proposed(`Pulumi.${name}.yaml`)["liftlock:environment"] as {
    variables: Record<string, string>;
  };
  for (const [key, value] of Object.entries(variables)) expect(example).toContain(`\n${key}=${value}\n`);
});
