import { describe, expect, it } from "vitest";
import { readUserData } from "../../../../rehearsal/host/machine/cloud-config.ts";
import { ss } from "../../../../rehearsal/host/machine/programs/ss.ts";
import { systemctl } from "../../../../rehearsal/host/machine/programs/systemctl.ts";
import { Units } from "../../../../rehearsal/host/machine/units.ts";

const call = (...argv: string[]) => ({ argv, cwd: "/", environment: {} });
const file = (name: string) => `  - { path: /etc/systemd/system/${name}, content: "[Service]" }`;
const userData = `#cloud-config
write_files:
${file("guard.service")}
${file("idle.service")}
${file("guard.path")}
runcmd:
  - [systemctl, enable, --now, guard]
  - [systemctl, enable, --now, docker]
  - echo systemctl enable idle
`;

describe("ss", () => {
  it("lists what listens in the columns of the real one", () => {
    const sockets = [
      { address: "0.0.0.0", port: 22 },
      { address: "127.0.0.1", port: 8404 },
    ];
    expect(ss(call("-H", "-ltun"), sockets)).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: "tcp LISTEN 0 4096 0.0.0.0:22 0.0.0.0:*\ntcp LISTEN 0 4096 127.0.0.1:8404 0.0.0.0:*\n",
    });
  });

  it.each([[["-a"]], [[]], [["-H", "-ltunp"]]])("refuses %j", (argv) => {
    expect(ss(call(...argv), [])).toMatchObject({ exitCode: 255, stdout: "" });
  });
});

describe("systemctl", () => {
  const units = () => new Units(readUserData(userData).config);

  it("knows the services that the user data writes, and which of them it enables", () => {
    const all = units();
    expect(systemctl(call("is-active", "guard"), all)).toMatchObject({ exitCode: 3, stdout: "inactive\n" });
    all.boot();
    expect(systemctl(call("is-active", "guard"), all)).toMatchObject({ exitCode: 0, stdout: "active\n" });
    expect(systemctl(call("is-active", "idle"), all)).toMatchObject({ exitCode: 3, stdout: "inactive\n" });
    expect(systemctl(call("is-active", "none"), all)).toMatchObject({ exitCode: 4, stdout: "inactive\n" });
  });

  it("says that what was stopped is off, until the next boot", () => {
    const all = units();
    all.boot();
    all.stop("guard");
    all.stop("none");
    expect([all.state("guard"), all.state("none")]).toEqual(["inactive", undefined]);
    all.boot();
    expect(all.state("guard")).toBe("active");
  });

  it.each([[["stop", "guard"]], [["is-active"]], [["is-active", "guard", "idle"]]])("refuses %j", (argv) => {
    expect(systemctl(call(...argv), units())).toMatchObject({ exitCode: 1, stdout: "" });
  });
});
