// The scenarios' providers: a pretend cloud in one JSON file, so that what was "made" outlives each process, and so that
// both engines work on the same thing. Named by LIFTLOCK_REHEARSAL_PROVIDERS.
import { execFile } from "node:child_process";
import { createHash, randomInt, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { EngineError } from "../../../../rehearsal/engine/failure.ts";
import type { Package, ResourceType } from "../../../../rehearsal/engine/providers/provider.ts";
import type { Props } from "../../../../rehearsal/engine/values/values.ts";

type Things = Record<string, Record<string, Props>>;

const file = () => process.env.LIFTLOCK_TEST_CLOUD ?? "cloud.json";
const load = (): Things => (existsSync(file()) ? (JSON.parse(readFileSync(file(), "utf8")) as Things) : {});

function change(edit: (all: Things) => void): void {
  const all = load();
  edit(all);
  writeFileSync(`${file()}.tmp`, JSON.stringify(all));
  renameSync(`${file()}.tmp`, file());
}

const put = (kind: string, id: string, value: Props) =>
  change((all) => {
    all[kind] = { ...all[kind], [id]: value };
  });

const drop = (kind: string, id: string) =>
  change((all) => {
    delete all[kind]?.[id];
  });

function shell(script: string): Promise<Props> {
  return new Promise((resolve, reject) => {
    execFile("/bin/sh", ["-c", script], (error, stdout, stderr) => {
      if (error)
        reject(new EngineError("provider", `exit status ${error.code}: running "${script}":\n${stderr}`));
      else resolve({ stdout: stdout.trimEnd(), stderr: stderr.trimEnd() });
    });
  });
}

const command: ResourceType = {
  replaceOn: ["triggers"],
  volatile: ["stdout", "stderr"],
  create: async (inputs) => ({
    id: randomUUID(),
    outputs: { ...inputs, ...(await shell(String(inputs.create))) },
  }),
  update: async (_id, inputs) => ({ ...inputs, ...(await shell(String(inputs.update ?? inputs.create))) }),
  delete: async (_id, olds) => {
    if (typeof olds.delete === "string") await shell(olds.delete);
  },
};

function verifySize(inputs: Props): void {
  if (inputs.size === "s-nope") throw new EngineError("provider", "422 You specified an invalid size");
}

const droplet: ResourceType = {
  required: ["image", "size"],
  replaceOn: ["image", "region", "sshKeys", "userData"],
  volatile: ["status"],
  check: (inputs) => ({ backups: false, monitoring: false, ...inputs }),
  create: async (inputs) => {
    verifySize(inputs);
    const id = String(randomInt(1e8, 1e9));
    const address = `192.0.2.${randomInt(1, 254)}`;
    const outputs = { ...inputs, status: "active", dropletUrn: `do:droplet:${id}`, ipv4Address: address };
    put("droplet", id, outputs);
    return { id, outputs };
  },
  update: async (id, inputs) => {
    verifySize(inputs);
    const outputs = { ...load().droplet?.[id], ...inputs };
    put("droplet", id, outputs);
    return outputs;
  },
  delete: async (id) => {
    if (load().droplet?.[id]?.stuck) throw new EngineError("provider", `droplet ${id} is stuck`);
    if (!load().droplet?.[id]) throw new EngineError("provider", `404 droplet ${id} not found`);
    drop("droplet", id);
  },
  read: async (id) => {
    const outputs = load().droplet?.[id];
    return outputs && { id, outputs };
  },
};

const hashed = (inputs: Props): Props => ({
  sha: createHash("sha256")
    .update(JSON.stringify(inputs.plaintextValue ?? ""))
    .digest("hex"),
});

const secret: ResourceType = {
  required: ["repository", "secretName"],
  replaceOn: ["repository", "secretName"],
  create: async (inputs) => {
    const id = `${String(inputs.repository)}:${String(inputs.secretName)}`;
    put("secret", id, hashed(inputs));
    const now = new Date().toISOString();
    return { id, outputs: { ...inputs, createdAt: now, updatedAt: now } };
  },
  update: async (id, inputs, olds) => {
    put("secret", id, hashed(inputs));
    return { ...olds, ...inputs, updatedAt: new Date().toISOString() };
  },
  delete: async (id) => drop("secret", id),
  read: async (id, olds) => (load().secret?.[id] ? { id, outputs: olds } : undefined),
};

export const packages: Readonly<Record<string, Package>> = {
  command: { resources: { "command:local:Command": command } },
  digitalocean: {
    resources: { "digitalocean:index/droplet:Droplet": droplet },
    functions: {
      "digitalocean:index/getImage:getImage": async (args) => {
        if (args.slug === "none") throw new EngineError("provider", "404 no such image");
        return { ...args, id: 7, image: args.slug, distribution: "Debian" };
      },
    },
  },
  github: { resources: { "github:index/actionsSecret:ActionsSecret": secret } },
};
