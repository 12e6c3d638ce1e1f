/** What the edge says to commands and configurations: the same as the real haproxy says. One edge serves all tests. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { row, type Subject, subjects } from "./subjects.ts";

describe.each(subjects)("$name", ({ start, missing }) => {
  let edge: Subject;

  beforeAll(async () => {
    if (!missing) edge = await start();
  });
  beforeEach(({ skip }) => {
    if (missing) skip("haproxy is not installed on this machine");
  });
  afterAll(() => edge?.close());

  describe("the runtime API", () => {
    it.each([
      ["set server web/pink weight 5", "No such server.\n\n"],
      ["set server pink/green weight 5", "No such backend.\n\n"],
      ["set server web/green weight abc", "Empty weight string empty or preceded by garbage\n"],
      ["set server web/green weight 257", "Absolute weight can only be between 0 and 256 inclusive.\n\n"],
      ["set server web/green weight", "Require <weight> or <weight%>.\n\n"],
      [
        "set server web/green state foo",
        "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n",
      ],
      ["set server web", "Require 'backend/server'.\n\n"],
      ["disable health web/pink", "No such server.\n\n"],
      ["disable health", "Require 'backend/server'.\n\n"],
      ["show servers state nope", "Can't find backend.\n\n"],
      ["show stat nope -1 -1", "No such proxy.\n\n"],
      ["set server web/green weight 1", "\n"],
      ["set server web/green weight 1; set server web/green weight 2", "\n\n"],
      ["set server web/blue weight 50%", "\n"],
    ])("%s", async (command, answer) => {
      expect(await edge.admin(command)).toBe(answer);
    });

    it("says which commands it does not know", async () => {
      expect(await edge.admin("frobnicate")).toMatch(/^Unknown command/);
    });

    it("takes half of the configured weight", async () => {
      await edge.admin("set server web/blue weight 50%");
      expect((await row(edge, "blue")).weight).toBe("50");
    });

    it("tells of servers' states", async () => {
      await edge.admin(
        "set server web/blue weight 40; set server web/green weight 0; set server web/green state drain",
      );
      const [version, header, ...lines] = (await edge.admin("show servers state web")).trim().split("\n");
      expect([version, header?.slice(0, 26)]).toEqual(["1", "# be_id be_name srv_id srv"]);
      const fields = lines.map((line) => line.split(" "));
      expect(fields.map((one) => [...one.slice(0, 4), ...one.slice(5, 9)])).toEqual([
        ["4", "web", "1", "blue", "2", "0", "40", "100"],
        ["4", "web", "2", "green", "2", "8", "0", "0"],
      ]);
      expect(fields.map((one) => one.length)).toEqual([25, 25]);
    });

    it("gives one server's row when asked so", async () => {
      const lines = (await edge.admin("show stat web 4 2")).trim().split("\n");
      expect(lines.map((line) => line.split(",").slice(0, 2))).toEqual([
        ["# pxname", "svname"],
        ["web", "green"],
      ]);
    });
  });

  it.each([
    ["as it is", "", true],
    ["an unknown keyword", "  frobnicate 1\n", false],
    ["an unknown time-out", "  timeout foo 3s\n", false],
    ["an unknown option", "  option nope\n", false],
    ["an unknown unit", "  timeout client 5x\n", false],
    ["a server without address", "  server blue2\n", false],
    ["a weight that is too big", "  server third 127.0.0.1:3000 weight 300\n", false],
    ["an unknown server keyword", "  server third 127.0.0.1:3000 weigth 3\n", false],
    ["a port that is none", "  server third 127.0.0.1:x\n", false],
    ["a page that is not there", '  http-error status 503 content-type "text/html" file "/nowhere"\n', false],
    [
      "a backend that is not there",
      "frontend other\n  bind 127.0.0.1:18405\n  default_backend nope\n",
      false,
    ],
    [
      "a rule to a backend that is not there",
      "frontend other\n  bind 127.0.0.1:18405\n  use_backend nope if { path_beg /x }\n",
      false,
    ],
    ["a rule that is none", "frontend other\n  bind 127.0.0.1:18405\n  http-request frobnicate\n", false],
    [
      "a certificate that is not there",
      "frontend other\n  bind 127.0.0.1:18405 ssl crt /nowhere.pem\n",
      false,
    ],
    ["no line feed at the end", "  retries 3", false],
    ["an unknown log alias", "frontend other\n  bind 127.0.0.1:18405\n  log-format %nope\n", false],
  ])("a configuration with %s", async (_, more, valid) => {
    expect(await edge.valid((text) => text + more)).toBe(valid);
  });
});
