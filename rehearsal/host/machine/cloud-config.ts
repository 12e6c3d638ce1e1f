/** cloud-init user data, as far as simulated hosts follow it. https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
import { gunzipSync } from "node:zlib";
import { parseDocument } from "yaml";
import { z } from "zod";

const words = z.union([z.string().transform((text) => text.split(/\s*,\s*/)), z.array(z.string())]);

const userSchema = z.looseObject({
  name: z.string().regex(/^[a-z_][a-z0-9_-]*$/),
  groups: words.optional(),
  ssh_authorized_keys: z.array(z.string()).default([]),
  sudo: z.union([z.string(), z.array(z.string()), z.literal(false), z.null()]).optional(),
  shell: z.string().optional(),
});

const fileSchema = z.looseObject({
  path: z.string().startsWith("/"),
  content: z.string().default(""),
  encoding: z.string().default("text/plain"),
  permissions: z.union([z.string(), z.number()]).optional(),
  append: z.boolean().default(false),
});

const cloudConfigSchema = z.looseObject({
  hostname: z.string().optional(),
  users: z.array(z.union([z.string(), userSchema])).default([]),
  ssh_authorized_keys: z.array(z.string()).default([]),
  ssh_keys: z
    .looseObject({ ed25519_private: z.string().optional(), ed25519_public: z.string().optional() })
    .default({}),
  write_files: z.array(fileSchema).default([]),
  packages: z.array(z.unknown()).default([]),
  runcmd: z.array(z.unknown()).default([]),
});

export type CloudUser = z.output<typeof userSchema>;

export interface CloudFile {
  path: string;
  content: Buffer;
  /** Permission bits. */
  mode: number;
  append: boolean;
}

/** What the user data asks for. */
export interface CloudConfig {
  hostname: string | undefined;
  users: readonly CloudUser[];
  /** Keys for root. */
  rootKeys: readonly string[];
  hostKey: string | undefined;
  files: readonly CloudFile[];
  /** Recorded, not installed. */
  packages: readonly unknown[];
  /** Recorded, not run. */
  commands: readonly unknown[];
}

/** What cloud-init says of the user data: `error` when it could not be followed. */
export interface CloudInitStatus {
  status: "done" | "error";
  errors: readonly string[];
}

const nothing: CloudConfig = {
  hostname: undefined,
  users: [],
  rootKeys: [],
  hostKey: undefined,
  files: [],
  packages: [],
  commands: [],
};

/** Reads user data. When it is malformed nothing of it is done, as on a real droplet, and the errors say why. */
export function readUserData(text: string): { config: CloudConfig; status: CloudInitStatus } {
  if (text.trim() === "") return { config: nothing, status: { status: "done", errors: [] } };
  if (!/^#cloud-config\s*$/m.test(text.split("\n", 1)[0] ?? "")) {
    return refused([
      "expected #cloud-config in the first line; scripts and other kinds of user data are not run",
    ]);
  }
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) return refused(document.errors.map(({ message }) => message));
  const parsed = cloudConfigSchema.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    return refused(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  }
  try {
    return { config: configOf(parsed.data), status: { status: "done", errors: [] } };
  } catch (cause) {
    return refused([`write_files: ${String(cause)}`]);
  }
}

function refused(errors: readonly string[]): { config: CloudConfig; status: CloudInitStatus } {
  return { config: nothing, status: { status: "error", errors } };
}

function configOf(data: z.output<typeof cloudConfigSchema>): CloudConfig {
  const users = data.users.filter((user) => typeof user !== "string");
  const root = users.filter(({ name }) => name === "root").flatMap((user) => user.ssh_authorized_keys);
  return {
    hostname: data.hostname,
    users: users.filter(({ name }) => name !== "root"),
    rootKeys: [...data.ssh_authorized_keys, ...root],
    hostKey: data.ssh_keys.ed25519_private,
    files: data.write_files.map((file) => ({
      path: file.path,
      content: decode(file.content, file.encoding),
      mode: modeOf(file.permissions),
      append: file.append,
    })),
    packages: data.packages,
    commands: data.runcmd,
  };
}

function decode(content: string, encoding: string): Buffer {
  const kinds = encoding.toLowerCase().split("+");
  const base64 = kinds.some((kind) => kind === "b64" || kind === "base64");
  const bytes = Buffer.from(content, base64 || encoding === "gz" || encoding === "gzip" ? "base64" : "utf8");
  return kinds.some((kind) => kind === "gz" || kind === "gzip") ? gunzipSync(bytes) : bytes;
}

function modeOf(permissions: string | number | undefined): number {
  const mode = typeof permissions === "number" ? permissions : Number.parseInt(permissions ?? "0644", 8);
  return Number.isInteger(mode) ? mode & 0o777 : 0o644;
}
