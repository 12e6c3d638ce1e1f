import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { liveRenderer } from "../../../src/cli/render/live.ts";
import { plainRenderer } from "../../../src/cli/render/plain.ts";
import { forwardSteps } from "../../../src/plan/promotion.ts";

const steps = [...forwardSteps().map(({ name }) => name), "watch", "retag", "withdraw", "revert"];

describe("the line that lives", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(steps)("says during %s what is waited for, and is gone afterwards", (step) => {
    const written: string[] = [];
    using notify = Object.assign(
      liveRenderer(
        (text) => void written.push(text),
        () => 100,
      ),
      {},
    );
    notify({ code: "step.started", payload: { step } });
    vi.advanceTimersByTime(150);
    const drawn = written.findLast((text) => text.includes(" s")) ?? "";
    // Frame, title in ten columns, then what is waited for; a step without words would begin with its seconds.
    expect(drawn.slice(13)).toMatch(/^\w/);
    expect(drawn.slice(13)).not.toMatch(/^\d+ s/);
    notify({ code: "step.finished", payload: { step, seconds: 1, detail: "done" } });
    expect(written.join("")).toContain("done");
  });
});

describe("plain lines", () => {
  it("a step that waits for people has not failed", () => {
    const lines: string[] = [];
    const notify = plainRenderer((text) => void lines.push(text));
    const reason = { code: "ApprovalPending", message: "needs 1 more" } as const;
    notify({ code: "step.failed", payload: { step: "approval", seconds: 0.1, reason } });
    expect(lines.join("")).toContain("waits for people");
    expect(lines.join("")).not.toContain("✗");
  });

  it("a step that had nothing to do has no line", () => {
    const lines: string[] = [];
    plainRenderer((text) => void lines.push(text))({
      code: "step.finished",
      payload: { step: "copy", seconds: 0, detail: "" },
    });
    expect(lines).toEqual([]);
  });
});
