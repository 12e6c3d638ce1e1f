import { describe, expect, test } from "vitest";
import {
  diffProps,
  ignoring,
  invert,
  markSecrets,
  replaceKeysOf,
} from "../../../../rehearsal/engine/deployment/diff.ts";
import { simpleGoal } from "../../../../rehearsal/engine/deployment/goal.ts";
import { Inventory } from "../../../../rehearsal/engine/deployment/inventory.ts";
import { aliasUrns } from "../../../../rehearsal/engine/deployment/lookup.ts";
import { Slots } from "../../../../rehearsal/engine/deployment/slots.ts";
import { makeUrn, type Resource } from "../../../../rehearsal/engine/state/resource.ts";
import { secret } from "../../../../rehearsal/engine/values/values.ts";

const ref = { project: "p", stack: "dev" };
const noType = { create: async () => ({ id: "x", outputs: {} }) };
const urnOf = (name: string, parent = "") => makeUrn(ref, parent, "a:b:C", name);
const resource = (name: string, more: Partial<Resource> = {}): Resource => ({
  urn: urnOf(name),
  type: "a:b:C",
  custom: true,
  inputs: {},
  outputs: {},
  ...more,
});

describe("differences", () => {
  test("are by property, whatever is secret", () => {
    const diff = diffProps({ a: 1, b: secret("x"), c: 1 }, { a: 2, b: "x", d: 1 });
    expect(diff).toEqual({ a: "update", c: "delete", d: "add" });
    expect(invert(diff)).toEqual({ a: "update", c: "add", d: "delete" });
  });

  test("need a new resource by its type or by the program's word", () => {
    const inputs = {
      before: { a: 1, b: [1], c: { d: 1, e: 1 } },
      after: { a: 2, b: [2], c: { d: 1, e: 2 } },
    };
    const diff = diffProps(inputs.before, inputs.after);
    expect(replaceKeysOf(diff, { ...noType, replaceOn: ["a"] }, [], inputs)).toEqual(["a"]);
    expect(replaceKeysOf(diff, noType, ["b[*]"], inputs)).toEqual(["b"]);
    expect(replaceKeysOf(diff, noType, ["c.d"], inputs)).toEqual([]);
    expect(replaceKeysOf(diff, noType, ["c.e"], inputs)).toEqual(["c"]);
    expect(replaceKeysOf(diff, noType, ["*"], inputs)).toEqual(["a", "b", "c"]);
  });

  test("ignored changes are put back, one that was not there is taken away", () => {
    expect(ignoring({ a: 2, b: 2, c: { d: 2, e: 2 } }, { a: 1, c: { d: 1, e: 1 } }, ["b", "c.d"])).toEqual({
      a: 2,
      c: { d: 1, e: 2 },
    });
  });

  test("outputs are as secret as the inputs of their name, and as asked", () => {
    expect(markSecrets({ a: 1, b: 2, c: 3 }, { a: { x: secret(1) } }, ["c"])).toEqual({
      a: secret(1),
      b: 2,
      c: secret(3),
    });
  });
});

describe("aliases", () => {
  const goal = { ...simpleGoal("a:b:C", "shop-host", {}, ""), parent: urnOf("shop") };

  test("a child follows its parent's old name", () => {
    expect(aliasUrns(ref, goal, urnOf("web"))).toEqual([urnOf("web-host", urnOf("web"))]);
  });

  test("specs fall back to what the goal says", () => {
    const named = { name: "old", type: "", stack: "", project: "", parent: "", noParent: true };
    expect(aliasUrns(ref, { ...goal, aliases: [named] }, undefined)).toEqual([urnOf("old")]);
  });

  test("everything that spoke of the old name speaks of the new one", () => {
    const inventory = new Inventory(
      [
        resource("old"),
        resource("user", {
          provider: `${urnOf("old")}::id`,
          dependencies: [urnOf("old")],
          propertyDependencies: { x: [urnOf("old")] },
        }),
      ],
      [],
    );
    inventory.rename(urnOf("old"), urnOf("new"));
    expect(inventory.resources.map(({ urn }) => urn)).toEqual([urnOf("new"), urnOf("user")]);
    expect(inventory.resources[1]).toMatchObject({
      provider: `${urnOf("new")}::id`,
      dependencies: [urnOf("new")],
      propertyDependencies: { x: [urnOf("new")] },
    });
  });
});

describe("the inventory", () => {
  test("an old state keeps its place until its step settles", () => {
    const inventory = new Inventory([resource("a"), resource("b")], []);
    const old = inventory.live(urnOf("b"));
    expect(inventory.resources.map(({ urn }) => urn)).toEqual([urnOf("a"), urnOf("b")]);
    inventory.settle(old, resource("b", { id: "new" }));
    expect(inventory.resources.map(({ id }) => id)).toEqual(["new", undefined]);
    expect(inventory.hasSettled(urnOf("b"))).toBe(true);
  });

  test("only unfinished creations outlive the next run", () => {
    const inventory = new Inventory(
      [],
      [
        { resource: resource("a"), type: "creating" },
        { resource: resource("b"), type: "updating" },
      ],
    );
    expect(inventory.pending.map(({ type }) => type)).toEqual(["creating"]);
  });
});

describe("slots", () => {
  test("run as many as there are, the others in turn, and say when all is quiet", async () => {
    const slots = new Slots(2);
    let active = 0;
    let most = 0;
    const work = async () => {
      active++;
      most = Math.max(most, active);
      await new Promise((resolve) => setTimeout(resolve, 5));
      active--;
    };
    const all = Promise.all(Array.from({ length: 7 }, () => slots.run(() => undefined, work)));
    await slots.idle();
    expect(active).toBe(0);
    await all;
    expect(most).toBe(2);
  });
});
