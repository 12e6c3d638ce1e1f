import { describe, expect, it } from "vitest";
import { badInProduction } from "../../rehearsal/images/faulty-releases.ts";
import { deploy } from "../../src/automation/promote.ts";
import { refusal, Scene } from "./scene.ts";
import { actor, checkout, configuration, liftlock, productionRuns } from "./stage.ts";

const scene = new Scene();
const release = (version: string) => JSON.stringify({ ...scene.serving, version });

/** Starts a deployment in a process of its own and sends it a signal when a step begins. */
async function interrupted(step: string, signal: NodeJS.Signals, faults?: Parameters<Scene["release"]>[0]) {
  const next = await scene.release(faults);
  const ran = await liftlock(scene.world, ["deploy", "production", "--release", "-"], {
    stdin: JSON.stringify(next),
    onEvent: (event, kill) => {
      if (event.event === "step.started" && event["step"] === step) kill(signal);
    },
  });
  return { next, ran };
}

describe("a driver that is killed with SIGKILL", () => {
  it.each([
    // Before anything, while production changes, and after it has; every step is killed in `test/torture`.
    ["preview", ["Failed"]],
    ["deploy", ["Failed", "RolledBack", "Completed"]],
    ["pin", ["Completed"]],
  ])("when %s begins is seen by the next command, and resumed from another checkout", async (step, ends) => {
    const before = scene.serving;
    const other = checkout(scene.world);
    const { next, ran } = await interrupted(step, "SIGKILL");
    expect(ran.signal).toBe("SIGKILL");
    const seen = await refusal(scene.lift(next, actor(scene.world, other)));
    expect(seen.code).toBe("PromotionInterrupted");
    expect(seen.hint).toContain("liftlock resume production");

    const resumed = await liftlock(scene.world, ["resume", "production"], { directory: other });
    const result = resumed.events.find((event) => event.event === "promotion.finished");
    expect(ends).toContain(result?.["status"]);
    const serves = result?.["status"] === "Completed" ? next : before;
    expect(productionRuns(scene.world, serves)).toBe(true);
    expect(configuration(other)["liftlock:release"]).toMatchObject({ version: serves.version });

    // The killed driver's own checkout is brought up too, by the same command.
    await liftlock(scene.world, ["resume", "production"]);
    scene.expectServing(serves);
  });

  it("while it goes back leaves the way back to resume", async () => {
    const before = scene.serving;
    const { ran } = await interrupted("revert", "SIGKILL", badInProduction);
    expect(ran.signal).toBe("SIGKILL");
    const resumed = await liftlock(scene.world, ["resume", "production"]);
    expect(resumed.events.at(-1)).toMatchObject({ event: "promotion.finished", status: "RolledBack" });
    scene.expectServing(before);
  });
});

// The second one is left while the engine's SDK listens for errors that nobody handles, and writes them where nobody reads.
it.each(["engine.chosen", "host.started"])(
  "a driver whose reader leaves at %s goes on to the end",
  async (at) => {
    const next = await scene.release();
    const ran = await liftlock(scene.world, ["deploy", "production", "--release", "-"], {
      stdin: JSON.stringify(next),
      onEvent: ({ event }, _, leave) => {
        if (event === at) leave();
      },
    });
    expect(ran).toMatchObject({ exit: 0, signal: null });
    expect(ran.events.at(-1)?.event).toBe(at);
    scene.expectServing(next);
  },
);

describe("a driver that is asked to stop", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "with %s before anything was touched withdraws, exit 130",
    async (signal) => {
      const before = scene.serving;
      const { ran } = await interrupted("preview", signal);
      expect(ran.exit).toBe(130);
      expect(ran.events.at(-1)).toMatchObject({
        event: "promotion.finished",
        status: "Failed",
        interrupted: true,
      });
      scene.expectServing(before);
    },
  );

  it("with SIGTERM while production changes goes back, exit 130", async () => {
    const before = scene.serving;
    const { ran } = await interrupted("deploy", "SIGTERM");
    expect(ran.exit).toBe(130);
    expect(ran.events.at(-1)).toMatchObject({ status: "RolledBack", reason: { code: "Interrupted" } });
    scene.expectServing(before);
  });
});

describe("one promotion at a time", () => {
  it("a second one is told who holds the environment and since when", async () => {
    const ledger = await actor(scene.world).context.ledger();
    const request = { promotion: "held-by-a-test", actor: "somebody@elsewhere" };
    await using _lease = await ledger.acquire("production", request);
    const ran = await liftlock(scene.world, ["deploy", "production", "--release", "-"], {
      stdin: release("3.0.0"),
    });
    expect(ran.exit).toBe(3);
    expect(ran.events.at(-1)).toMatchObject({ event: "failed", code: "PromotionInProgress" });
    expect(ran.stderr).toMatch(/production is held by \S+@\S+ \(pid \d+\) since \d{4}-/);
  });

  it("of two that start together one wins", async () => {
    const [a, b] = [await scene.release(), await scene.release()];
    const options = (r: typeof a) => ({ environment: "production", release: r, allow: [] });
    const both = await Promise.allSettled([
      deploy(actor(scene.world).context, options(a)),
      deploy(actor(scene.world).context, options(b)),
    ]);
    expect(both.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    scene.expectServing(both[0]?.status === "fulfilled" ? a : b);
  });
});
