import { describe, expect, it } from "vitest";
import { describePreview, judgePreview, type PlannedChange } from "../../src/plan/preview.ts";

const change = (type: string, op: string, name = "shop-production-1"): PlannedChange => ({
  urn: `urn:pulumi:production::liftlock::${type}::${name}`,
  type,
  op,
  keys: ["userData"],
});
const droplet = "digitalocean:index/droplet:Droplet";
const preview = (...changes: PlannedChange[]) => ({ changes, counts: {} });

describe("judgePreview", () => {
  it.each([
    [droplet, "replace"],
    [droplet, "delete"],
    [droplet, "create-replacement"],
    [droplet, "delete-replaced"],
    ["digitalocean:index/volume:Volume", "delete"],
    ["digitalocean:index/reservedIp:ReservedIp", "replace"],
    ["digitalocean:index/databaseCluster:DatabaseCluster", "delete"],
    ["liftlock:infra:ComposeDeployment", "delete"],
    ["liftlock:infra:SwarmDeployment", "delete"],
  ])("%s %s is refused", (type, op) => {
    expect(judgePreview(preview(change(type, op)))?.code).toBe("UnsafeChange");
  });

  it.each([
    [droplet, "update"],
    [droplet, "create"],
    ["command:remote:Command", "delete"],
    ["digitalocean:index/firewall:Firewall", "replace"],
  ])("%s %s is not", (type, op) => {
    expect(judgePreview(preview(change(type, op)))).toBeUndefined();
  });

  it("is not when allowed by name, and only then", () => {
    expect(judgePreview(preview(change(droplet, "replace")), ["shop-production-1"])).toBeUndefined();
    expect(judgePreview(preview(change(droplet, "replace")), ["shop-production-2"])?.message).toContain(
      "shop-production-1",
    );
  });
});

it("describePreview names what changes and what does not", () => {
  expect(describePreview({ same: 31, update: 2 })).toBe("2 to update, 31 unchanged");
});
