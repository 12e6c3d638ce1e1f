// Stories told to both engines. Each step changes the program or the world and runs one operation.
import { local } from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";

/** What a step may do to the pretend cloud behind the engine's back. */
export type Things = Record<string, Record<string, Record<string, unknown>>>;

/** One step. What is left out stays as in the step before. */
export interface Step {
  readonly op?: "up" | "preview" | "refresh" | "destroy" | "previewRefresh";
  readonly program?: () => Promise<Record<string, unknown> | undefined>;
  readonly config?: Readonly<Record<string, { value: string; secret?: boolean }>>;
  readonly options?: Readonly<Record<string, unknown>>;
  /** What the failure must say; absent when the step succeeds. */
  readonly error?: RegExp;
  readonly meddle?: (things: Things) => void;
  /** Changes the stored state. */
  readonly edit?: (deployment: Record<string, unknown>) => void;
}

type DropletOptions = pulumi.CustomResourceOptions;

const droplet = (name: string, args: Partial<digitalocean.DropletArgs> = {}, options?: DropletOptions) =>
  new digitalocean.Droplet(name, { image: "debian", size: "s-1", region: "fra1", ...args }, options);

const secretOf = (value: pulumi.Input<string>, options?: pulumi.CustomResourceOptions) =>
  new github.ActionsSecret("s", { repository: "r", secretName: "N", plaintextValue: value }, options);

class Box extends pulumi.ComponentResource {
  constructor(
    name: string,
    fill: (me: Box) => Record<string, unknown>,
    options?: pulumi.ComponentResourceOptions,
    type = "Box",
  ) {
    super(`test:index:${type}`, name, {}, options);
    this.registerOutputs(fill(this));
  }
}

/** A program that only makes resources. */
const making = (make: () => unknown) => async () => {
  make();
  return undefined;
};

const echoIdOf = (made: digitalocean.Droplet, options?: pulumi.CustomResourceOptions) =>
  new local.Command("c", { create: pulumi.interpolate`echo ${made.id}` }, options);

export const scenarios: Readonly<Record<string, readonly Step[]>> = {
  basic: [
    {
      op: "preview",
      program: async () => {
        const d = droplet("a");
        const s = secretOf(pulumi.interpolate`x${d.ipv4Address}`);
        return {
          ip: d.ipv4Address,
          s: s.plaintextValue,
          plain: "x",
          nested: { a: [1, null, "z"], b: pulumi.secret("q") },
        };
      },
    },
    {},
    {},
    { op: "preview" },
    { op: "refresh" },
    { op: "destroy" },
  ],
  updateThenReplace: [
    {
      program: making(() => {
        const d = droplet("a");
        echoIdOf(d, { dependsOn: d });
      }),
    },
    {
      op: "preview",
      program: making(() => {
        const d = droplet("a", { size: "s-2", tags: ["t"] });
        echoIdOf(d, { dependsOn: d });
      }),
    },
    { op: "up" },
    {
      op: "preview",
      program: making(() => {
        const d = droplet("a", { region: "ams3" });
        echoIdOf(d, { dependsOn: d });
      }),
    },
    { op: "up" },
    { program: making(() => undefined) },
  ],
  failMiddle: [
    { program: async () => ({ ip: droplet("a").size }) },
    {
      error: /invalid size/,
      program: making(() => {
        const a = droplet("a", { size: "s-2" });
        const b = droplet("b", { size: "s-nope" }, { dependsOn: a });
        droplet("c", {}, { dependsOn: b });
      }),
    },
    {
      program: async () => {
        const a = droplet("a", { size: "s-2" });
        const b = droplet("b", {}, { dependsOn: a });
        droplet("c", {}, { dependsOn: b });
        return { size: a.size };
      },
    },
    {
      error: /invalid size/,
      program: making(() => {
        const a = droplet("a", { size: "s-nope" });
        droplet("b", {}, { dependsOn: a });
      }),
    },
    {
      error: /boom/,
      program: async () => {
        droplet("a", { size: "s-2" });
        throw new TypeError("boom");
      },
    },
    { program: making(() => droplet("a", { size: "s-2" })) },
  ],
  components: [
    {
      program: making(() => {
        const b = new Box("outer", (me) => {
          new Box(
            "inner",
            (m) => {
              droplet("d", {}, { parent: m });
              return {};
            },
            { parent: me },
          );
          return { x: pulumi.secret("y") };
        });
        droplet("e", {}, { dependsOn: b });
      }),
    },
    { program: making(() => new Box("outer", () => ({ x: "changed" }))) },
    { op: "destroy" },
  ],
  options: [
    {
      program: making(() => {
        droplet("p", {}, { protect: true });
        droplet("i", { tags: ["a"] }, { ignoreChanges: ["tags"] });
        droplet("r", {}, { retainOnDelete: true });
        droplet("x", {}, { additionalSecretOutputs: ["ipv4Address"] });
        droplet("roc", { name: "n1" }, { replaceOnChanges: ["name"] });
        droplet("dbr", {}, { deleteBeforeReplace: true });
      }),
    },
    {
      program: making(() => {
        droplet("p", { size: "s-2" }, { protect: true });
        droplet("i", { tags: ["b"], size: "s-3" }, { ignoreChanges: ["tags"] });
        droplet("x", {}, { additionalSecretOutputs: ["ipv4Address"] });
        droplet("roc", { name: "n2" }, { replaceOnChanges: ["name"] });
        droplet("dbr", { region: "ams3" }, { deleteBeforeReplace: true });
      }),
    },
    { error: /protect/, program: making(() => droplet("i", { tags: ["b"] })) },
    { error: /protect/, op: "destroy" },
  ],
  protectedReplace: [
    { program: making(() => droplet("p", {}, { protect: true })) },
    { error: /protection/, program: making(() => droplet("p", { region: "ams3" }, { protect: true })) },
    { program: making(() => droplet("p", { region: "ams3" })) },
  ],
  aliases: [
    {
      program: making(() => {
        const d = droplet("old");
        echoIdOf(d);
        new Box("b", (me) => {
          droplet("child", {}, { parent: me });
          return {};
        });
      }),
    },
    {
      program: making(() => {
        const d = droplet("new", {}, { aliases: [{ name: "old" }] });
        echoIdOf(d);
        droplet("child", {}, { aliases: [{ parent: "urn:pulumi:dev::p::test:index:Box::b" }] });
      }),
    },
  ],
  inheritedAliases: [
    {
      program: making(
        () =>
          new Box("web", (me) => {
            droplet("web-host", {}, { parent: me });
            return {};
          }),
      ),
    },
    {
      program: making(
        () =>
          new Box(
            "shop",
            (me) => {
              droplet("shop-host", {}, { parent: me });
              return {};
            },
            { aliases: [{ name: "web" }] },
          ),
      ),
    },
    {
      program: making(
        () =>
          new Box(
            "shop",
            (me) => {
              droplet("shop-host", {}, { parent: me });
              return {};
            },
            { aliases: [{ type: "test:index:Box" }] },
            "Crate",
          ),
      ),
    },
  ],
  providers: [
    {
      op: "preview",
      config: { "digitalocean:token": { value: "t0k", secret: true } },
      program: making(() => {
        const provider = new digitalocean.Provider("mine", {
          token: pulumi.secret("abc"),
          apiEndpoint: "http://127.0.0.1:1",
        });
        droplet("a", {}, { provider });
        droplet("b");
      }),
    },
    { op: "up" },
    {
      program: making(() => {
        const provider = new digitalocean.Provider("mine", {
          token: pulumi.secret("abd"),
          apiEndpoint: "http://127.0.0.1:1",
        });
        droplet("a", {}, { provider });
        droplet("b");
      }),
    },
    { program: making(() => droplet("b")) },
  ],
  readAndInvoke: [
    {
      program: async () => {
        const d = droplet("a");
        const image = digitalocean.getImageOutput({ slug: d.image.apply((slug) => slug ?? "") });
        return { distribution: image.distribution, n: (await digitalocean.getImage({ slug: "z" })).image };
      },
    },
    { op: "preview" },
    {
      error: /no such image/,
      program: async () => ({ n: (await digitalocean.getImage({ slug: "none" })).image }),
    },
  ],
  missing: [{ error: /size/, program: making(() => droplet("a", { size: undefined as unknown as string })) }],
  expectNoChanges: [
    { program: making(() => droplet("a")) },
    { options: { expectNoChanges: true } },
    {
      error: /no changes were expected/,
      options: { expectNoChanges: true },
      program: making(() => droplet("a", { size: "s-2" })),
    },
  ],
  drift: [
    {
      program: making(() => {
        const d = droplet("a");
        droplet("b");
        echoIdOf(d);
      }),
    },
    { op: "refresh", options: { previewOnly: true, expectNoChanges: true } },
    {
      op: "refresh",
      options: { previewOnly: true, expectNoChanges: true },
      error: /no changes were expected/,
      meddle: (all) => {
        for (const one of Object.values(all.droplet ?? {})) one.size = "s-drift";
      },
    },
    { op: "previewRefresh" },
    { op: "up", options: { refresh: true } },
    {
      op: "refresh",
      meddle: (all) => {
        for (const one of Object.values(all.droplet ?? {})) {
          one.size = "s-drift";
          one.status = "off";
        }
      },
    },
    { op: "preview" },
    {
      op: "refresh",
      meddle: (all) => {
        all.droplet = {};
      },
    },
    { op: "up" },
  ],
  stuckReplacement: [
    { program: making(() => droplet("a")) },
    {
      error: /stuck/,
      program: making(() => droplet("a", { region: "ams3" })),
      meddle: (all) => {
        for (const one of Object.values(all.droplet ?? {})) one.stuck = true;
      },
    },
    {
      meddle: (all) => {
        for (const one of Object.values(all.droplet ?? {})) delete one.stuck;
      },
    },
  ],
  replaceOption: [
    { program: making(() => droplet("a")) },
    { options: { replace: ["urn:pulumi:dev::p::digitalocean:index/droplet:Droplet::a"] } },
  ],
  pending: [
    { program: making(() => droplet("a")) },
    {
      edit: (deployment) => {
        const [, , resource] = deployment.resources as Record<string, unknown>[];
        deployment.pending_operations = [
          { resource, type: "creating" },
          { resource, type: "updating" },
        ];
      },
    },
    { op: "up" },
    { op: "refresh" },
    { op: "refresh", options: { clearPendingCreates: true } },
  ],
  nestedOptions: [
    {
      program: making(
        () =>
          new local.Command(
            "c",
            { create: "true", environment: { A: "1", B: "1" }, triggers: ["x"] },
            { ignoreChanges: ["environment.B"] },
          ),
      ),
    },
    {
      program: making(
        () =>
          new local.Command(
            "c",
            { create: "true", environment: { A: "1", B: "2" }, triggers: ["x"] },
            { ignoreChanges: ["environment.B"] },
          ),
      ),
    },
    {
      program: making(
        () =>
          new local.Command(
            "c",
            { create: "true", environment: { A: "2", B: "2" }, triggers: ["x"] },
            { ignoreChanges: ["environment.B"] },
          ),
      ),
    },
    {
      program: making(
        () =>
          new local.Command(
            "c",
            { create: "true", environment: { A: "2", B: "2" }, triggers: ["y"] },
            { ignoreChanges: ["environment.B"] },
          ),
      ),
    },
    { program: making(() => new local.Command("c", { create: "true" }, { ignoreChanges: ["environment"] })) },
  ],
};
