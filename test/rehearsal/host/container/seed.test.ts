import { describe, expect, test } from "vitest";
import { seedFiles } from "../../../../rehearsal/host/container/seed.ts";

const droplet = {
  id: 1010,
  name: "shop-production-1",
  address: "10.77.3.2",
  userData: "#cloud-config\nhostname: shop-production-1\n",
  sshKeys: ["ssh-ed25519 AAAA operator"],
  tags: [],
};

const contents = (...given: Parameters<typeof seedFiles>) =>
  Object.fromEntries(seedFiles(...given).map(({ path, content }) => [path, String(content)]));

describe("the seed of a host", () => {
  test("is the user data word for word, with the account's keys beside it", () => {
    const files = contents(droplet, new Map());
    expect(files["var/lib/cloud/seed/nocloud/user-data"]).toBe(droplet.userData);
    expect(JSON.parse(files["var/lib/cloud/seed/nocloud/meta-data"] ?? "")).toEqual({
      "instance-id": "1010",
      "local-hostname": "shop-production-1",
      "public-keys": droplet.sshKeys,
    });
  });

  test("keeps user data from everybody but root", () => {
    const modes = seedFiles(droplet, new Map()).map(({ path, mode }) => [path.split("/").at(-1), mode]);
    expect(modes).toContainEqual(["user-data", 0o600]);
  });

  test("has user data also when none was given", () => {
    const files = contents({ ...droplet, userData: "" }, new Map());
    expect(files["var/lib/cloud/seed/nocloud/user-data"]).toMatch(/^#cloud-config\n/);
  });

  test("tells the container engine whom to trust for which registry", () => {
    const files = contents(droplet, new Map([["10.77.3.1:5000", "PEM"]]));
    expect(files["etc/docker/certs.d/10.77.3.1:5000/ca.crt"]).toBe("PEM");
  });
});
