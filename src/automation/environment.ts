import type { Stack, UpdateSummary } from "@pulumi/pulumi/automation/index.js";
import type { StackConfig } from "../../stacks/config.ts";
import type { Environment as EnvironmentName } from "../../stacks/environments.ts";
import { type EndpointVerdict, watchEndpoints } from "../health/endpoints.ts";
import { FleetConnections } from "../hosts/fleet.ts";
import type { ResourceFailure } from "../plan/deployFailure.ts";
import { type Preview, resourceName } from "../plan/preview.ts";
import { type Release, releaseSchema } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { engineFailure, engineText } from "./engine.ts";
import { PromotedImages } from "./images.ts";
import type { Outputs } from "./outputs.ts";
import type { Target } from "./ports.ts";
import type { StackFile } from "./stackFile.ts";
import { stackHistory } from "./stackHistory.ts";
import { applyUpdate, previewReplacing } from "./update.ts";

type EnvironmentContext = Pick<
  DriverContext,
  "workDirectory" | "environment" | "engine" | "notify" | "now" | "secrets"
>;

/** One environment, opened: its configuration, what its stack exports, its hosts, and its stack when it is needed. */
export class Environment implements Target {
  readonly name: EnvironmentName;
  readonly file: StackFile;
  readonly config: StackConfig;
  readonly outputs: Outputs;
  readonly hosts: FleetConnections;
  readonly images: PromotedImages;
  private readonly context: EnvironmentContext;
  private readonly stack: () => Promise<Stack>;

  constructor(
    context: EnvironmentContext,
    name: EnvironmentName,
    file: StackFile,
    config: StackConfig,
    outputs: Outputs,
    stack: () => Promise<Stack>,
  ) {
    this.context = context;
    this.name = name;
    this.file = file;
    this.config = config;
    this.outputs = outputs;
    this.stack = stack;
    this.hosts = new FleetConnections(outputs.app, outputs.hosts, outputs.access.privateKey);
    this.images = new PromotedImages(config, outputs.access.registry ?? undefined, context);
    context.secrets.add([
      outputs.access.privateKey,
      outputs.access.registry?.token,
      outputs.access.registry?.pull?.token,
    ]);
  }

  watchEndpoints(window = this.config.health.window): Promise<EndpointVerdict> {
    const { timeout, interval, failures } = this.config.health;
    // The containers are healthy by now: a public endpoint that still answers badly is not given their whole time.
    const patience = Math.min(timeout, interval * failures);
    return watchEndpoints(this.outputs.endpoints, { timeout: patience * 1000, window: window * 1000 });
  }

  async update(message: string, limit: number, replace: readonly string[] = []): Promise<ResourceFailure[]> {
    return applyUpdate(await this.stack(), this.name, message, limit, this.context.notify, replace);
  }

  async previewReplacing(replace: readonly string[]): Promise<Preview> {
    return previewReplacing(await this.stack(), this.name, replace);
  }

  async refresh(): Promise<void> {
    const stack = await this.stack();
    await stack.refresh({ showSecrets: false }).catch((thrown: unknown) => {
      throw engineFailure(thrown, `refresh ${this.name}`);
    });
  }

  async urnOf(type: string, name: string): Promise<string | undefined> {
    const { deployment } = await (await this.stack()).exportStack();
    const { resources = [] } = deployment as {
      resources?: { urn: string; type: string; delete?: boolean }[];
    };
    return resources.find((r) => r.type === type && resourceName(r.urn) === name && !r.delete)?.urn;
  }

  async unprotect(urn: string): Promise<void> {
    await engineText(this.context, ["state", "unprotect", urn, "--yes", "--stack", this.name]);
  }

  async updates(count: number): Promise<UpdateSummary[]> {
    return stackHistory(this.context, this.name, count);
  }

  async verifiedReleases(): Promise<Release[]> {
    // Who asks is about to go back: the SDK, which that needs, loads meanwhile.
    this.stack().catch(() => undefined);
    return (await this.updates(100)).flatMap((update) => {
      const value = update.config["liftlock:release"]?.value;
      const parsed = value === undefined ? undefined : releaseSchema.safeParse(JSON.parse(value));
      return parsed?.success ? [parsed.data] : [];
    });
  }

  async mend(): Promise<void> {
    const stack = await this.stack();
    try {
      await stack.cancel();
    } catch (thrown) {
      // The service backend refuses to cancel when nothing is running.
      if (!/no update|not.*in progress|nothing to cancel/i.test(String(thrown)))
        throw engineFailure(thrown, `cancel ${this.name}`);
    }
    const { deployment } = await stack.exportStack();
    const pending = (deployment as { pending_operations?: unknown[] } | undefined)?.pending_operations ?? [];
    if (pending.length > 0)
      await stack.refresh({ clearPendingCreates: true }).catch((thrown: unknown) => {
        throw engineFailure(thrown, `refresh ${this.name}`);
      });
  }

  async learnSecrets(): Promise<void> {
    const all = await (await this.stack()).getAllConfig();
    for (const { value, secret } of Object.values(all))
      if (secret) this.context.secrets.add(/^\s*[[{]/.test(value) ? secretsIn(JSON.parse(value)) : value);
  }

  [Symbol.dispose](): void {
    this.hosts[Symbol.dispose]();
  }
}

/** Keys below which the configuration holds secrets; see `stacks/schema.ts`. */
const secretKeys = [
  "secrets",
  "privateKey",
  "hostKeySeed",
  "token",
  "url",
  "smtp",
  "routingKey",
  "secret",
  "password",
  "accessKey",
  "secretKey",
];

/** The secret parts of a structured value that the engine marks secret as a whole. */
function secretsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    secretKeys.includes(key) ? [inner] : secretsIn(inner),
  );
}
