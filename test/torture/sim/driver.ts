import type { DriverContext } from "../../../src/automation/context.ts";
import type { Message } from "../../../src/automation/messages.ts";
import type {
  ConfigurationFile,
  Input,
  Pin,
  PreviewUnderWay,
  Target,
} from "../../../src/automation/ports.ts";
import { Secrets } from "../../../src/automation/secrets.ts";
import { openPromotion } from "../../../src/ledger/entry.ts";
import type { Lease, LeaseRequest, Ledger } from "../../../src/ledger/ledger.ts";
import { leaseLost } from "../../../src/ledger/refusals.ts";
import type { ResourceFailure } from "../../../src/plan/deployFailure.ts";
import type { HostReading } from "../../../src/plan/facts.ts";
import type { FailureCode } from "../../../src/release/failure.ts";
import { Failure } from "../../../src/release/failure.ts";
import { type Release, releaseId } from "../../../src/release/release.ts";
import { configSchema } from "../../../stacks/schema.ts";
import { host } from "../../releases.ts";
import type { FaultKind, StrategyName } from "../schedule.ts";
import type { Turns } from "./turns.ts";
import { releases, type SimHost, type SimWorld, secret, services } from "./world.ts";

/** Thrown where a killed driver cannot be made to wait for ever; nothing it does afterwards has any effect. */
class Killed extends Error {}

const never = () => new Promise<never>(() => undefined);

const strategies: Readonly<Record<StrategyName, object>> = {
  recreate: { type: "recreate" },
  blueGreen: { type: "blueGreen" },
  rolling: { type: "rolling", batch: 34, pause: 0 },
  canary: {
    type: "canary",
    steps: [
      { traffic: 10, pause: 0 },
      { traffic: 50, pause: 0 },
    ],
  },
};

const configured = (strategy: StrategyName) =>
  configSchema("program").parse({
    app: "shop",
    fleet: { region: "fra1", operators: ["127.0.0.0/8"] },
    ssh: { privateKey: secret, hostKeySeed: secret },
    registry: { username: "octo-dev", token: secret, tag: "main" },
    gates: { limits: { promotionsPer: { count: 1000 }, rollbacksPerHour: 1000, concurrent: 100 } },
    health: { window: 0 },
    strategy: strategies[strategy],
  });

/** Read once: it is the same for every driver. */
const configs = new Map<StrategyName, ReturnType<typeof configured>>();
function configOf(strategy: StrategyName): ReturnType<typeof configured> {
  const config = configs.get(strategy) ?? configured(strategy);
  configs.set(strategy, config);
  return config;
}

/** What a call does besides: its first half, for a driver that is killed within it. */
interface Call<T> {
  act: () => T;
  half?: () => void;
  /** It goes on without its driver. */
  outlives?: true;
  /** The failure with which it fails. */
  code: FailureCode;
  /** What it answers instead of failing, where its port never throws. */
  instead?: () => T;
}

const unread = (host: string): HostReading => ({ host, unreachable: `no answer (${secret})` });

/** One driver at work in the simulated world: the real one, with ports at which every call may go wrong. */
export class SimDriver {
  readonly context: DriverContext;
  readonly messages: Message[] = [];
  /** Names of the calls made so far: what a schedule counts. */
  readonly calls: string[] = [];
  /** Faults that struck. */
  struck = 0;
  private opened = false;
  private readonly id: number;
  private readonly world: SimWorld;
  private readonly turns: Turns;
  private readonly checkout: string;
  private readonly faults: ReadonlyMap<number, FaultKind>;

  constructor(
    id: number,
    world: SimWorld,
    turns: Turns,
    checkout: string,
    faults: ReadonlyMap<number, FaultKind>,
  ) {
    this.id = id;
    this.world = world;
    this.turns = turns;
    this.checkout = checkout;
    this.faults = faults;
    this.context = {
      workDirectory: "/nowhere",
      engine: never,
      seekEngine: () => undefined,
      environment: {},
      notify: (message) => {
        if (!this.killed) this.messages.push(this.context.secrets.maskAll(message));
      },
      now: () => new Date(world.clock),
      pause: (milliseconds) => {
        world.clock += milliseconds;
        return turns.take();
      },
      actor: `driver-${id}@test`,
      interruption: { signal: undefined },
      secrets: new Secrets(),
      workspace: {
        input: (environment) => this.input(environment),
        environments: () => ["staging", "production"],
        preview: (_, draft) => this.preview(draft),
        previewRefresh: () =>
          this.call("previewRefresh", { act: () => ({ changes: [], counts: {} }), code: "PreviewFailed" }),
        open: (environment) => this.open(environment),
      },
      ledger: async () => this.ledger(),
    };
  }

  get killed(): boolean {
    return this.world.dead.has(this.id);
  }

  private strike(name: string): FaultKind | undefined {
    const fault = this.faults.get(this.calls.length);
    this.calls.push(name);
    if (fault !== undefined) this.struck += 1;
    return fault;
  }

  private die(): void {
    this.world.dead.add(this.id);
  }

  private failure({ code }: { code: FailureCode }, name: string): Failure {
    // What the driver has not read yet it cannot know to be secret; nobody tells it either.
    return new Failure({ code, message: `${name} failed (${this.opened ? secret : "early"})` });
  }

  /** A call that the world answers later. */
  private async call<T>(name: string, call: Call<T>): Promise<T> {
    const fault = this.strike(name);
    await this.turns.take();
    if (this.killed) return never();
    const failing = (): T => {
      if (call.instead) return call.instead();
      throw this.failure(call, name);
    };
    switch (fault) {
      case undefined:
        return call.act();
      case "failsBefore":
        return failing();
      case "failsAfter":
        call.act();
        return failing();
      case "timesOut":
        // A host's script goes on when nobody waits for it any more; an engine is ended and waited for.
        if (call.outlives) this.world.late.push(() => void call.act());
        return failing();
      case "twice":
        call.act();
        return call.act();
      case "killDuring":
        (call.half ?? call.act)();
        this.die();
        return never();
      case "killAfter":
        call.act();
        this.die();
        return never();
      case "killBefore":
        this.die();
        return never();
      case "stalls":
        this.world.clock += 120_000;
        for (let turn = 0; turn < 10; turn++) await this.turns.take();
        return this.killed ? never() : call.act();
      case "interrupt":
        this.context.interruption.signal = "SIGTERM";
        return call.act();
    }
  }

  /** A call that is answered at once: the configuration file. */
  private callNow<T>(name: string, act: () => T): T {
    if (this.killed) throw new Killed();
    const fault = this.strike(name);
    switch (fault) {
      case "failsBefore":
      case "timesOut":
        throw new Error(`${name} failed (${secret})`);
      case "failsAfter":
        act();
        throw new Error(`${name} failed (${secret})`);
      case "twice":
        act();
        return act();
      case "killBefore":
        this.die();
        throw new Killed();
      case "killDuring":
      case "killAfter":
        act();
        this.die();
        throw new Killed();
      case "stalls":
        this.world.clock += 120_000;
        return act();
      case "interrupt":
        this.context.interruption.signal = "SIGTERM";
        return act();
      case undefined:
        return act();
    }
  }

  private file(): ConfigurationFile {
    const pin = (): Pin => this.world.checkouts.get(this.checkout) as Pin;
    return {
      name: "Pulumi.production.yaml",
      pin,
      draft: (next) => JSON.stringify(next),
      write: (next) => this.callNow("file.write", () => this.world.write(this.checkout, next)),
    };
  }

  private input(environment: string): Input {
    const config = configOf(this.world.strategy);
    const staging = {
      release: releases.coming,
      candidate: undefined,
      rollout: { attempt: 1, mode: "forward" as const },
    };
    const stagingFile: ConfigurationFile = {
      name: "Pulumi.staging.yaml",
      pin: () => staging,
      draft: () => "",
      write: () => undefined,
    };
    const compose = {
      text: "",
      services: [...services],
      jobs: ["migrator"],
      stateful: [],
      published: [],
      volumes: [],
      required: [],
      optional: [],
    };
    const inTarget = (release: Release) => release;
    return environment === "staging"
      ? { name: "staging", file: stagingFile, config, compose, inTarget }
      : { name: "production", file: this.file(), config, compose, inTarget };
  }

  private preview(draft: string): PreviewUnderWay {
    const result = this.call("preview", {
      act: () => ({ changes: [], counts: { update: 1, same: 3 } }),
      code: "PreviewFailed",
    });
    result.catch(() => undefined);
    return { result, draft, [Symbol.asyncDispose]: async () => void (await result.catch(() => undefined)) };
  }

  private async open(environment: string): Promise<Target> {
    const { world } = this;
    const input = this.input(environment);
    const { config } = input;
    const staging = environment === "staging";
    const deployed = await this.call(`open.${environment}`, {
      act: () => (staging ? undefined : world.stack.deployed),
      code: "EngineFailed",
    });
    this.context.secrets.add(secret);
    this.opened = true;
    const access = { privateKey: secret, registry: undefined, notify: config.notify };
    const hosts = world.hosts.map(({ name }) => ({
      name,
      address: "127.0.0.1",
      port: 22,
      user: "liftlock",
      hostKey: "",
    }));
    return {
      name: input.name,
      file: input.file,
      config,
      outputs: {
        app: "shop",
        address: "127.0.0.1",
        hosts,
        endpoints: ["http://127.0.0.1/healthz"],
        deployed,
        jobs: ["migrator"],
        access,
      },
      hosts: {
        observe: () =>
          this.call(`observe.${environment}`, {
            act: (): HostReading[] =>
              staging ? this.stagingHosts() : world.hosts.map((host) => host.observe()),
            instead: () => world.hosts.map(({ name }) => unread(name)),
            code: "HostUnreachable",
          }),
        prefetch: () =>
          this.call("prefetch", { act: () => undefined, instead: () => undefined, code: "HostUnreachable" }),
        measure: () =>
          this.call("measure", {
            act: () => new Map(world.hosts.map((host) => [host.name, host.measure()])),
            code: "HostUnreachable",
          }),
        answers: async () => true,
        logs: () => this.call("logs", { act: () => [], instead: () => [], code: "HostUnreachable" }),
      },
      images: {
        verify: () => this.call("images.verify", { act: () => "2 of 2 whole", code: "RegistryUnavailable" }),
        admits: true,
        admit: () => this.call("images.admit", { act: () => undefined, code: "RegistryUnavailable" }),
        copy: () => this.call("images.copy", { act: () => ({ images: 2, bytes: 0 }), code: "CopyFailed" }),
        tag: (release, tags) =>
          this.call("images.tag", {
            act: () => {
              if (tags.includes("main")) world.main = release;
              return true;
            },
            code: "RegistryUpdateFailed",
          }),
      },
      watchEndpoints: () => {
        const answer = (problem: boolean) => ({
          pass: !problem,
          answers: [
            { url: "http://127.0.0.1/healthz", milliseconds: 1, ...(problem && { problem: "answered 500" }) },
          ],
        });
        return this.call("endpoints", {
          act: () => answer(world.hosts.some((host) => !host.healthy)),
          instead: () => answer(true),
          code: "EndpointFailed",
        });
      },
      update: () => this.update(),
      // What mends hosts and cloud is no promotion: it is not tortured here.
      previewReplacing: async () => ({ changes: [], counts: {} }),
      refresh: async () => undefined,
      urnOf: async () => undefined,
      unprotect: async () => undefined,
      updates: () => this.call("updates", { act: () => world.history(), code: "EngineFailed" }),
      verifiedReleases: () =>
        this.call("verifiedReleases", {
          act: () => [...world.stack.updates].reverse().flatMap(({ pin }) => pin.release ?? []),
          code: "EngineFailed",
        }),
      mend: () =>
        this.call("mend", {
          act: () => {
            world.stack.lock = undefined;
          },
          code: "EngineFailed",
        }),
      learnSecrets: () => this.call("learnSecrets", { act: () => undefined, code: "EngineFailed" }),
      [Symbol.dispose]: () => undefined,
    };
  }

  /** Staging runs the coming release, healthy, on as many hosts. */
  private stagingHosts(): HostReading[] {
    return this.world.hosts.map(({ name }) => host(name, releases.coming, 1));
  }

  /** One update of the stack, as its checkout's file says when it begins: hosts one after another, each a call of its own. */
  private async update(): Promise<ResourceFailure[]> {
    const { world } = this;
    const pin = world.checkouts.get(this.checkout) as Pin;
    const release = pin.candidate ?? pin.release ?? releases.running;
    await this.call("update.begin", {
      act: () => {
        const { lock } = world.stack;
        if (lock !== undefined && lock !== this.id && !world.dead.has(lock))
          throw new Failure({ code: "PromotionInProgress", message: "the stack is locked" });
        world.stack.lock = this.id;
      },
      code: "EngineFailed",
    });
    const failures =
      world.strategy === "recreate"
        ? await this.inTurn(world.hosts, (host) => this.deploy(host, release, pin))
        : await this.stage(release, pin);
    await this.call("update.end", {
      act: () => {
        const succeeded = failures.length === 0;
        world.stack.lock = undefined;
        world.stack.updates.push({ pin, succeeded });
        if (succeeded) world.stack.deployed = { id: releaseId(release), ...pin.rollout, release };
      },
      code: "EngineFailed",
    });
    return failures;
  }

  private async inTurn(
    hosts: readonly SimHost[],
    act: (host: SimHost) => Promise<ResourceFailure | undefined>,
  ): Promise<ResourceFailure[]> {
    const failures: ResourceFailure[] = [];
    for (const host of hosts) {
      const failure = await act(host);
      if (failure) failures.push(failure);
    }
    return failures;
  }

  /** Behind edges: no traffic moves before every host whose turn it is has proven the release. */
  private async stage(release: Release, pin: Pin): Promise<ResourceFailure[]> {
    const { world } = this;
    const { attempt, hosts = 100, traffic = 100 } = pin.rollout;
    const count =
      pin.candidate && pin.release ? Math.ceil((world.hosts.length * hosts) / 100) : world.hosts.length;
    const turn = world.hosts.slice(0, count);
    if (pin.rollout.mode === "forward") world.furtherStage(release, attempt);
    const id = `${releaseId(release)} ${attempt}`;
    const failures = await this.inTurn(turn, (host) =>
      this.script(host, "deploy", id, (whole) => host.prepare(release, attempt, whole)),
    );
    if (failures.length > 0) return failures;
    return this.inTurn(turn, (host) =>
      this.script(host, "switch", `${id} ${traffic}`, (whole) =>
        whole ? host.shift(release, attempt, traffic) : 255,
      ),
    );
  }

  private deploy(host: SimHost, release: Release, pin: Pin): Promise<ResourceFailure | undefined> {
    const { attempt } = pin.rollout;
    return this.script(host, "deploy", `${releaseId(release)} ${attempt}`, (whole) =>
      host.deploy(release, attempt, whole),
    );
  }

  /** One script on one host, unless it has done the same to its end already. */
  private async script(
    host: SimHost,
    kind: "deploy" | "switch",
    input: string,
    run: (whole: boolean) => number,
  ): Promise<ResourceFailure | undefined> {
    const resource = `${kind}-${host.name}`;
    const { applied } = this.world.stack;
    if (applied.get(resource) === input) return undefined;
    const act = (whole: boolean): ResourceFailure | undefined => {
      const status = run(whole);
      return status === 0
        ? undefined
        : { resource, message: `exited with status ${status}\nliftlock: it failed (${secret})` };
    };
    const failure = await this.call(`update.${kind === "deploy" ? "" : "switch."}${host.name}`, {
      act: () => act(true),
      half: () => act(false),
      outlives: true,
      instead: (): ResourceFailure | undefined => ({ resource, message: "ssh: connection lost" }),
      code: "HostUnreachable",
    });
    if (failure) applied.delete(resource);
    else applied.set(resource, input);
    return failure;
  }

  private ledger(): Ledger {
    const store = this.world.ledger;
    const unavailable = "LedgerUnavailable" as const;
    return {
      location: { description: "memory", shared: true },
      append: (environment, draft) =>
        this.call(`ledger.${draft.entry}`, {
          act: () => store.append(environment, draft),
          code: unavailable,
        }),
      read: (environment) =>
        this.call(`ledger.read.${environment}`, { act: () => store.read(environment), code: unavailable }),
      open: async (environment) => openPromotion(store.read(environment)),
      current: async (environment) => store.current(environment),
      acquire: (environment, request) => this.acquire(environment, request),
      verify: async (environment) => store.verify(environment),
      prune: async () => ({ removed: 0 }),
      // No simulated journal breaks.
      repair: async () => undefined,
      close: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  private async acquire(environment: string, request: LeaseRequest): Promise<Lease> {
    const store = this.world.ledger;
    const { holder, from } = await this.call("ledger.acquire", {
      act: () => store.acquire(environment, request, this.id),
      code: "LedgerUnavailable",
    });
    const loss = new AbortController();
    return {
      environment,
      fence: holder.fence,
      holder,
      abandoned: from,
      get held() {
        return !loss.signal.aborted;
      },
      lost: loss.signal,
      verify: () =>
        this.call("lease.verify", {
          act: () => {
            if (store.renew(environment, holder.id)) return;
            const lost = leaseLost(environment, "another driver took over");
            loss.abort(lost);
            throw lost;
          },
          code: "LedgerUnavailable",
        }),
      [Symbol.asyncDispose]: async () => {
        await this.call("lease.release", {
          act: () => store.release(environment, holder.id),
          code: "LedgerUnavailable",
        });
      },
    };
  }
}
