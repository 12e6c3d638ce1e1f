import { describe, expect, it } from "vitest";
import { httpProblem, parseMailServer } from "../../src/notify/address.ts";

describe("httpProblem", () => {
  it.each([
    "https://hooks.example.com/x",
    "http://127.0.0.1:9000/x",
    "http://localhost/x",
    "http://[::1]:9000/x",
  ])("%s may be used", (address) => {
    expect(httpProblem(address)).toBeUndefined();
  });

  it.each([
    "http://hooks.example.com/x",
    "http://localhost.example.com/x",
    "http://10.0.0.1/x",
    "http://[::ffff:10.0.0.1]/x",
    "https://octo@hooks.example.com/x",
    "file:///etc/passwd",
    "//hooks.example.com/x",
  ])("%s may not", (address) => {
    expect(httpProblem(address)).toBeTypeOf("string");
  });
});

describe("parseMailServer", () => {
  it.each([
    [
      "smtps://octo:pass%40word@smtp.example.com",
      {
        host: "smtp.example.com",
        port: 465,
        secure: true,
        encrypted: true,
        auth: { user: "octo", pass: "pass@word" },
      },
    ],
    ["smtp://smtp.example.com/", { host: "smtp.example.com", port: 587, secure: false, encrypted: true }],
    ["smtp://smtp.example.com:25", { host: "smtp.example.com", port: 25, secure: false, encrypted: true }],
    ["smtp://127.0.0.1:2525", { host: "127.0.0.1", port: 2525, secure: false, encrypted: false }],
    ["smtp://[::1]:2525", { host: "::1", port: 2525, secure: false, encrypted: false }],
    ["smtp://10.0.0.1", { host: "10.0.0.1", port: 587, secure: false, encrypted: true }],
  ])("%s", (address, server) => {
    expect(parseMailServer(address)).toEqual(server);
  });

  it.each([
    "smtp.example.com",
    "smtp://",
    "https://smtp.example.com",
    "smtp://smtp.example.com?ignoreTLS=true",
    "smtp://smtp.example.com/path",
    "smtp://smtp.example.com#x",
    "smtp://octo:%zz@smtp.example.com",
  ])("%s is none", (address) => {
    expect(parseMailServer(address)).toHaveProperty("problem");
  });
});
