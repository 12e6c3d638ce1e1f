import { expect } from "vitest";
import { databasePrograms } from "../../rehearsal/host/service/database/programs.ts";
import type { World } from "../../rehearsal/world/world.ts";
import { hostNumber, present } from "./strategies.ts";

/** Asks production's database, as a person on its host would. @returns what the server said */
export function sqlIn(world: World, text: string): string {
  const { stdout, stderr } = present(databasePrograms.get("psql"))({
    args: ["--username", "shop", "--dbname", "shop", "--command", text],
    input: "",
    data: hostNumber(world, 1).engine.volumes.folder("shop_postgres"),
    up: true,
    environment: { POSTGRES_USER: "shop", POSTGRES_DB: "shop" },
  });
  expect(stderr).toBe("");
  return stdout.trim();
}
