import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseMeasurement } from "../../src/hosts/measurement.ts";
import { Failure } from "../../src/release/failure.ts";

const script = readFileSync(join(import.meta.dirname, "../../src/hosts/scripts/measure.sh"), "utf8");

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "measure-"));
  mkdirSync(join(home, "liftlock/edge"), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

interface Line {
  slot?: string;
  status?: number;
  milliseconds?: number;
  retries?: string;
}

/** As the edge writes it (infra/edge.ts), for a path that tries to look like a field. */
const line = ({ slot = "blue", status = 200, milliseconds = 3, retries = "0" }: Line) =>
  `{"at":1795276449.964,"client":"203.0.113.9","method":"GET","path":"\\/a\\"slot\\":\\"green","route":"web","slot":"${slot}","status":${status},"milliseconds":${milliseconds},"retries":"${retries}","bytes":465,"end":"--"}\n`;

function measure(place: string, ...logs: string[]) {
  writeFileSync(join(home, "liftlock/edge/requests.log"), logs.join(""));
  const output = execFileSync("sh", ["-c", script], { input: place, env: { ...process.env, HOME: home } });
  return parseMeasurement("shop-production-1", output.toString());
}

describe("what an edge answered", () => {
  it("begins where the log ends", () => {
    const log = line({});
    expect(measure("\n", log).place).toBe(Buffer.byteLength(log));
    expect(measure("\n", log).answers.blue.requests).toBe(0);
  });

  it("is counted by slot, from a place on, with its times", () => {
    const before = line({ slot: "green", status: 500 });
    const { answers, place } = measure(
      `${Buffer.byteLength(before)}\n`,
      before,
      line({ milliseconds: 3 }),
      line({ milliseconds: 3 }),
      line({ milliseconds: 40, status: 404 }),
      line({ slot: "green", status: 503, milliseconds: 1 }),
      "Server web/green is DOWN, reason: Layer4 connection problem\n",
      line({ slot: "<NOSRV>", status: 503 }),
    );
    expect(answers.blue).toEqual({
      requests: 3,
      errors: 0,
      latency: new Map([
        [3, 2],
        [40, 1],
      ]),
    });
    expect(answers.green).toEqual({ requests: 1, errors: 1, latency: new Map([[1, 1]]) });
    expect(place).toBeGreaterThan(500);
  });

  it("a request that one slot did not answer and the other did in its place is the first one's error", () => {
    const { answers } = measure("0\n", line({ retries: "+1" }), line({ retries: "2" }));
    expect(answers.blue).toMatchObject({ requests: 2, errors: 0 });
    expect(answers.green).toMatchObject({ requests: 1, errors: 1 });
  });

  it("a request without an answer is an error", () =>
    expect(measure("0\n", line({ status: -1 })).answers.blue).toMatchObject({ requests: 1, errors: 1 }));

  it("after the log was rotated, what is in the new one counts", () =>
    expect(measure("100000\n", line({})).answers.blue.requests).toBe(1));

  it.each(["", "place x\n", "place 1\nanswers red 1 1\n", "place 1\nanswers blue 1\n", "<html>\n"])(
    "is not read from %o",
    (output) => expect(() => parseMeasurement("a", output)).toThrow(Failure),
  );
});
