import { expect, test } from "vitest";
import { limitWait } from "../../src/github/limits.ts";

const now = Date.parse("2026-01-02T03:04:05Z");
const reset = String(now / 1000 + 90);

test.each([
  [200, {}, "", undefined],
  [403, {}, "Resource not accessible by integration", undefined],
  [403, { "x-ratelimit-remaining": "17" }, "Must have admin rights", undefined],
  [404, { "retry-after": "3" }, "Not Found", undefined],
  [403, { "retry-after": "3" }, "You have exceeded a secondary rate limit", 3000],
  [429, { "retry-after": "0" }, "", 0],
  [403, {}, "You have exceeded a secondary rate limit", 60_000],
  [429, {}, "Too Many Requests", 60_000],
  [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }, "API rate limit exceeded", 91_000],
  [429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "17" }, "API rate limit exceeded", 1000],
  [403, { "x-ratelimit-remaining": "0" }, "API rate limit exceeded", 60_000],
])("%i with %j: %j waits %s", (status, headers, message, expected) => {
  expect(limitWait({ status, headers, message }, now)).toBe(expected);
});
