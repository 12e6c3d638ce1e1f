import { describe, expect, it } from "vitest";
import { parseCondition } from "../../../../rehearsal/host/edge/config/condition.ts";
import { Refused } from "../../../../rehearsal/host/edge/config/refusal.ts";

const asked = { method: "GET", path: "/api/x", host: "Shop.example.com:8080", tls: false };

describe("parseCondition", () => {
  it.each([
    ["", true],
    ["if { path_beg /api }", true],
    ["if { path_beg /apis /api }", true],
    ["if { path /api }", false],
    ["unless { path /api }", true],
    ["if { method GET HEAD }", true],
    ["if { method get }", false],
    ["if { hdr(host),field(1,:) -i shop.example.com }", true],
    ["if { hdr(host),field(1,:) shop.example.com }", false],
    ["if { hdr(host) -i shop.example.com:8080 }", true],
    ["if { path_beg /api } { method POST }", false],
    ["if { path_beg /no } || { method GET }", true],
    ["if { path_beg /no } { method GET } or { ssl_fc }", false],
    ["unless { ssl_fc } || { path /api/x }", false],
  ])("%s", (text, holds) => {
    expect(parseCondition(text.split(" ").filter((word) => word !== ""))(asked)).toBe(holds);
  });

  it.each([
    "if",
    "when { ssl_fc }",
    "if { path_beg /x",
    "if { nope /x }",
    "if { path_beg }",
    "if { path -m reg x }",
    "if ssl",
    "if { ssl_fc } ||",
    "if ! { ssl_fc }",
  ])("refuses %s", (text) => {
    expect(() => parseCondition(text.split(" "))).toThrow(Refused);
  });
});
