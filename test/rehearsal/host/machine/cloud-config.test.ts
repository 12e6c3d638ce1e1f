import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cloudInit } from "../../../../infra/cloudInit.ts";
import { hostKey } from "../../../../infra/hostKeys.ts";
import { readUserData } from "../../../../rehearsal/host/machine/cloud-config.ts";
import { hostKeyFrom, publicKeyOf } from "../../../../rehearsal/host/ssh/keys.ts";

describe("readUserData", () => {
  it("follows what the product sends", () => {
    const key = hostKey(Buffer.alloc(32, 7).toString("base64"), "web-1");
    const text = cloudInit({
      hostName: "web-1",
      hostKey: key,
      user: "deploy",
      authorizedKey: "ssh-ed25519 AAAA me",
    });
    const { config, status } = readUserData(text);
    expect(status).toEqual({ status: "done", errors: [] });
    expect(config.users).toMatchObject([{ name: "deploy", ssh_authorized_keys: ["ssh-ed25519 AAAA me"] }]);
    expect(config.hostname).toBe("web-1");
    expect(config.commands.length).toBeGreaterThan(0);
    const used = hostKeyFrom(config.hostKey);
    expect(used.problem).toBeUndefined();
    expect(publicKeyOf(used.key)).toBe(key.publicKey.split(" ").slice(0, 2).join(" "));
  });

  it("takes empty user data", () => {
    expect(readUserData("").status.status).toBe("done");
    expect(readUserData("#cloud-config\n").status.status).toBe("done");
  });

  it("gives root's keys from both places, and leaves out default users", () => {
    const text = `#cloud-config
users: [default, { name: root, ssh_authorized_keys: [b] }, { name: x, groups: "a, b" }]
ssh_authorized_keys: [a]
`;
    const { config } = readUserData(text);
    expect(config.rootKeys).toEqual(["a", "b"]);
    expect(config.users).toMatchObject([{ name: "x", groups: ["a", "b"], ssh_authorized_keys: [] }]);
  });

  it("decodes files", () => {
    const zipped = gzipSync("zipped").toString("base64");
    const text = `#cloud-config
write_files:
  - { path: /a, content: text, permissions: "0755" }
  - { path: /b, content: dGV4dA==, encoding: base64 }
  - { path: /c, content: "${zipped}", encoding: gz+b64 }
`;
    const { files } = readUserData(text).config;
    expect(files.map(({ content, mode }) => [content.toString(), mode.toString(8)])).toEqual([
      ["text", "755"],
      ["text", "644"],
      ["zipped", "644"],
    ]);
  });

  it.each([
    ["#!/bin/sh\necho", "#cloud-config"],
    ["#cloud-config\nusers: [", "at line"],
    ["#cloud-config\nusers: [{ nam: x }]", "users.0"],
    ["#cloud-config\nusers: x", "users"],
    ["#cloud-config\nwrite_files: [{ path: relative }]", "write_files.0.path"],
    ["#cloud-config\nwrite_files: [{ path: /a, content: eA==, encoding: gzip }]", "write_files"],
  ])("reports %j and does nothing of it", (text, message) => {
    const { config, status } = readUserData(text);
    expect(status).toEqual({ status: "error", errors: [expect.stringContaining(message)] });
    expect(config).toMatchObject({ users: [], rootKeys: [], files: [] });
  });
});
