import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/plan/limits.ts";
import {
  type Event,
  forwardSteps,
  type Promotion,
  planPromotion,
  planRollback,
  type Reason,
  rollbackTargets,
  transition,
} from "../../src/plan/promotion.ts";
import type { FailureCode } from "../../src/release/failure.ts";
import { release } from "../releases.ts";

const reason = (code: FailureCode): Reason => ({ code, message: code });
const ok: Event = { type: "succeeded" };
const fail = (code: FailureCode): Event => ({ type: "failed", reason: reason(code) });
const [r1, r2, r3, r4] = ["1.0.0", "1.1.0", "1.2.0", "1.3.0"].map((v) => release(v)) as [
  ReturnType<typeof release>,
  ReturnType<typeof release>,
  ReturnType<typeof release>,
  ReturnType<typeof release>,
];
const diagnosed = (touched: boolean, targets = [r2, r1]): Event => ({
  type: "diagnosed",
  reason: reason("Unhealthy"),
  touched,
  targets,
});
const after = (start: Promotion, ...events: Event[]) => events.reduce(transition, start);
const upTo = (step: string) => {
  const steps = forwardSteps().map(({ name }) => name as string);
  return after(planPromotion(), ...steps.slice(0, steps.indexOf(step)).map(() => ok));
};

describe("a promotion", () => {
  it("is completed when every step succeeds", () => {
    const p = after(planPromotion(), ...forwardSteps().map(() => ok));
    expect(p).toMatchObject({ status: "Completed", todo: [], touched: true });
  });

  it.each([
    ["images", "ImageMissing", []],
    ["preview", "UnsafeChange", []],
    ["approval", "ApprovalPending", []],
    ["copy", "CopyFailed", []],
    ["tag", "RegistryUpdateFailed", ["retag"]],
    ["candidate", "ConfigInvalid", ["withdraw", "retag"]],
    ["deploy", "StartFailed", ["diagnose"]],
    ["verify", "EndpointFailed", ["diagnose"]],
    ["pin", "ConfigInvalid", []],
  ] as const)("failing at %s goes on with what puts it right", (step, code, todo) => {
    const p = transition(upTo(step), fail(code));
    expect(p.todo.map((s) => s.name)).toEqual(todo);
    expect(p.reason?.code).toBe(code);
    // Whether a failed update touched anything is what `diagnose` finds.
    expect(p.touched).toBe(["verify", "pin"].includes(step));
    expect(p.tagged).toBe(!["images", "preview", "approval", "copy"].includes(step));
  });

  it("that touched nothing is withdrawn and Failed", () => {
    const p = after(upTo("deploy"), fail("HostUnreachable"), diagnosed(false), ok, ok);
    expect(p).toMatchObject({ status: "Failed", touched: false, todo: [] });
  });

  it("that only repeated an update has touched something, whatever its own update reached", () => {
    const p = after(planPromotion([{ name: "repeat" }, { name: "verify" }]), fail("EngineFailed"));
    expect(p.todo).toEqual([{ name: "diagnose" }]);
    expect(transition(p, diagnosed(false))).toMatchObject({
      touched: true,
      todo: [{ name: "revert", target: r2 }, {}, {}, {}],
    });
    const barred = { code: "RollbackIncomplete", message: "look" } as const;
    expect(transition(p, { ...diagnosed(false, []), barred } as Event)).toMatchObject({
      status: "Failed",
      backReason: barred,
    });
  });

  it("goes back to the newest target and is RolledBack", () => {
    const p = after(upTo("verify"), fail("Unhealthy"), diagnosed(true), ok, ok, ok, ok);
    expect(p).toMatchObject({ status: "RolledBack", wentBackTo: r2, reason: { code: "Unhealthy" } });
  });

  it("tries the next older target when one cannot be started", () => {
    const p = after(upTo("verify"), fail("Unhealthy"), diagnosed(true), fail("StartFailed"));
    expect(p.todo[0]).toEqual({ name: "revert", target: r1 });
    expect(after(p, ok, ok, ok, ok)).toMatchObject({ status: "RolledBack", wentBackTo: r1, tried: 2 });
  });

  it("tries the same target once more when the reason lies outside the release, then calls a person", () => {
    const p = after(upTo("verify"), fail("Unhealthy"), diagnosed(true), fail("HostUnreachable"));
    expect(p.todo[0]).toEqual({ name: "revert", target: r2 });
    const end = transition(p, fail("HostUnreachable"));
    expect(end).toMatchObject({ status: "Failed", backReason: { code: "RollbackIncomplete" } });
  });

  it("without any target ends NoRollbackTarget", () => {
    const p = after(upTo("deploy"), fail("StartFailed"), diagnosed(true, []));
    expect(p).toMatchObject({ status: "Failed", backReason: { code: "NoRollbackTarget" }, touched: true });
  });

  it("gives up after the limit of targets", () => {
    const many = [r4, r3, r2, r1];
    let p = after(upTo("deploy"), fail("StartFailed"), diagnosed(true, many));
    for (let i = 0; i < limits.rollbackTargets; i++) p = transition(p, fail("Unhealthy"));
    expect(p).toMatchObject({
      status: "Failed",
      tried: limits.rollbackTargets,
      backReason: { code: "RollbackFailed" },
    });
  });

  it("that went back but is not healthy is RollbackIncomplete", () => {
    const p = after(upTo("deploy"), fail("StartFailed"), diagnosed(true), ok, fail("EndpointFailed"));
    expect(p).toMatchObject({ status: "Failed", backReason: { code: "RollbackIncomplete" } });
  });
});

describe("people", () => {
  it.each([
    ["ApprovalPending", "Pending"],
    ["ApprovalVoid", "Pending"],
    ["ApprovalDenied", "Cancelled"],
    ["ApprovalExpired", "Cancelled"],
  ] as const)("%s ends a promotion as %s, and nothing was touched", (code, status) => {
    const p = transition(upTo("approval"), fail(code));
    expect(p).toMatchObject({ status, todo: [], touched: false, tagged: false });
  });
});

describe("tags", () => {
  it("that cannot be moved afterwards change nothing of how it ends", () => {
    const come = transition(upTo("latest"), fail("RegistryUpdateFailed"));
    expect(come).toMatchObject({ status: "Completed", remark: { code: "RegistryUpdateFailed" } });
    const back = after(
      upTo("verify"),
      fail("Unhealthy"),
      diagnosed(true),
      ok,
      ok,
      ok,
      fail("RegistryUpdateFailed"),
    );
    expect(back).toMatchObject({ status: "RolledBack", remark: { code: "RegistryUpdateFailed" } });
  });

  it("that were not all set are set back", () => {
    const p = after(upTo("tag"), fail("RegistryUpdateFailed"), ok);
    expect(p).toMatchObject({ status: "Failed", touched: false, reason: { code: "RegistryUpdateFailed" } });
  });
});

it("the way back is not taken when it is barred: a person has to look", () => {
  const barred = { ...diagnosed(true), barred: reason("RateLimited") };
  const p = after(upTo("verify"), fail("Unhealthy"), barred);
  expect(p).toMatchObject({ status: "Failed", todo: [], touched: true, backReason: { code: "RateLimited" } });
});

describe("a rollback that a person asked for", () => {
  it("is a round to the target", () => {
    expect(after(planRollback([r1], reason("Interrupted")), ok, ok, ok, ok)).toMatchObject({
      status: "RolledBack",
      wentBackTo: r1,
    });
  });
});

it("rollbackTargets leaves out the current release and repetitions", () => {
  expect(rollbackTargets([r3, r2, r3, r1, r2], r3)).toEqual([r2, r1]);
});

describe("whatever happens", () => {
  const codes: FailureCode[] = [
    "PullFailed",
    "StartFailed",
    "Unhealthy",
    "HostUnreachable",
    "EngineFailed",
    "Interrupted",
    "ApprovalPending",
    "ApprovalDenied",
    "RegistryUpdateFailed",
  ];
  const anyEvent = fc.oneof(
    fc.constant(ok),
    fc.constantFrom(...codes).map(fail),
    fc
      .tuple(fc.boolean(), fc.subarray([r4, r3, r2, r1]))
      .map(([touched, targets]) => diagnosed(touched, targets)),
  );
  const run = (events: readonly Event[]) => {
    let p = planPromotion();
    const seen = [p];
    for (const event of events) {
      const step = p.todo[0];
      if (!step) break;
      // Only `diagnose` diagnoses.
      p = transition(
        p,
        step.name === "diagnose"
          ? event.type === "succeeded"
            ? diagnosed(true)
            : event
          : event.type === "diagnosed"
            ? ok
            : event,
      );
      seen.push(p);
    }
    return seen;
  };

  it("ends, in a final state, within a bounded number of steps", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 40, maxLength: 40 }), (events) => {
        const last = run(events).at(-1);
        expect(last?.todo).toEqual([]);
        expect(["Completed", "Failed", "RolledBack", "Pending", "Cancelled"]).toContain(last?.status);
      }),
    );
  });

  it("a touched environment never ends Failed without a reason why there was no way back, unless it runs the release", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 40, maxLength: 40 }), (events) => {
        const seen = run(events);
        const last = seen.at(-1);
        if (last?.status !== "Failed" || !last.touched) return;
        const atPin = seen.at(-2)?.todo[0]?.name === "pin";
        expect(atPin || last.backReason !== undefined).toBe(true);
      }),
    );
  });

  it("Completed comes only after verify, RolledBack only after a verified revert", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 40, maxLength: 40 }), (events) => {
        const done = run(events).map((p) => p.todo[0]?.name);
        const last = run(events).at(-1);
        const needed = new Map([
          ["Completed", "verify"],
          ["RolledBack", "verifyRevert"],
        ]).get(last?.status ?? "");
        expect([undefined, ...done]).toContain(needed);
      }),
    );
  });
});
