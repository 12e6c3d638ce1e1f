/** A repository: an encrypted configuration, keys, snapshots, locks, and the content of files, each under its own name. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { fatal } from "./failure.ts";
import type { Objects } from "./objects.ts";
import { Vault } from "./vault.ts";

const snapshotSchema = z.object({
  time: z.iso.datetime(),
  hostname: z.string(),
  username: z.string(),
  paths: z.array(z.string()),
  tags: z.array(z.string()),
  /** Path, name of the content, and permission bits. */
  files: z.array(z.object({ path: z.string(), blob: z.string(), mode: z.number() })),
});

export type Snapshot = z.output<typeof snapshotSchema>;

/** A snapshot with its name. */
export type Named = Snapshot & { id: string };

/** Locks of programs that run now: any other was left by one that was killed. */
const alive = new Set<string>();

const blobPlace = (name: string) => `data/${name.slice(0, 2)}/${name}`;

export class Repository {
  private readonly objects: Objects;
  private readonly vault: Vault;

  private constructor(objects: Objects, vault: Vault) {
    this.objects = objects;
    this.vault = vault;
  }

  static async create(objects: Objects, password: string): Promise<void> {
    await objects.makeBucket();
    if (await objects.has("config"))
      throw fatal(`create repository at ${objects.repository} failed: config file already exists`);
    const { vault, stored } = Vault.create(password);
    await objects.put(`keys/${randomBytes(32).toString("hex")}`, stored);
    const config = { version: 2, id: randomBytes(32).toString("hex") };
    await objects.put("config", vault.seal(Buffer.from(JSON.stringify(config))));
  }

  static async open(objects: Objects, password: string): Promise<Repository> {
    if (!(await objects.has("config"))) {
      // HEAD has no words; the same question with them.
      const why = await objects.get("config").catch((thrown: unknown) => (thrown as Error).message);
      throw fatal(
        `unable to open config file: Stat: ${String(why)}\nIs there a repository at the following location?\n${objects.repository}`,
      );
    }
    const keys = await Promise.all((await objects.list("keys")).map((name) => objects.get(`keys/${name}`)));
    const repository = new Repository(objects, Vault.open(password, keys));
    await repository.config();
    return repository;
  }

  async config(): Promise<string> {
    return this.vault.open(await this.objects.get("config")).toString();
  }

  /** Does something while nobody else does. One that is killed leaves its lock. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const [other] = await this.objects.list("locks");
    if (other !== undefined)
      throw fatal(`unable to create lock in backend: repository is already locked by ${other.slice(0, 8)}`);
    const id = randomBytes(32).toString("hex");
    alive.add(id);
    try {
      await this.objects.put(`locks/${id}`, this.vault.seal(Buffer.from("{}")));
      const result = await work();
      await this.objects.remove(`locks/${id}`);
      return result;
    } catch (thrown) {
      await this.objects.remove(`locks/${id}`).catch(() => undefined);
      throw thrown;
    } finally {
      alive.delete(id);
    }
  }

  /** Takes away locks that killed programs left. */
  async unlock(): Promise<void> {
    for (const id of await this.objects.list("locks"))
      if (!alive.has(id)) await this.objects.remove(`locks/${id}`);
  }

  /** Oldest first. */
  async snapshots(): Promise<Named[]> {
    const names = await this.objects.list("snapshots");
    const all = await Promise.all(
      names.map(async (id) => {
        const text = this.vault.open(await this.objects.get(`snapshots/${id}`)).toString();
        return { id, ...snapshotSchema.parse(JSON.parse(text)) };
      }),
    );
    return all.sort((a, b) => a.time.localeCompare(b.time));
  }

  async addSnapshot(snapshot: Snapshot): Promise<string> {
    const plain = Buffer.from(JSON.stringify(snapshot));
    const id = this.vault.name(plain);
    await this.objects.put(`snapshots/${id}`, this.vault.seal(plain));
    return id;
  }

  async removeSnapshot(id: string): Promise<void> {
    await this.objects.remove(`snapshots/${id}`);
  }

  /** Stores content, if it is not there yet. @returns its name, and how many bytes were stored */
  async addBlob(plain: Buffer): Promise<{ name: string; added: number }> {
    const name = this.vault.name(plain);
    if (await this.objects.has(blobPlace(name))) return { name, added: 0 };
    await this.objects.put(blobPlace(name), this.vault.seal(plain));
    return { name, added: plain.length };
  }

  /** @throws ResticFailure when it is gone, or not what was stored */
  async blob(name: string): Promise<Buffer> {
    return this.vault.open(await this.objects.get(blobPlace(name)));
  }

  async blobs(): Promise<string[]> {
    return (await this.objects.list("data")).map((name) => name.slice(3));
  }

  async removeBlob(name: string): Promise<void> {
    await this.objects.remove(blobPlace(name));
  }
}
