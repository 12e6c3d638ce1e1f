// The built-in providers against the imitations of the clouds they speak to, through the whole engine: every type is made,
// found unchanged, changed, and taken away again.
import { remote } from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as docker from "@pulumi/docker";
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { startDigitalOcean } from "../../../../rehearsal/digitalocean/server.ts";
import { Faults } from "../../../../rehearsal/faults/faults.ts";
import { startGitHub } from "../../../../rehearsal/github/server.ts";
import type { DropletSpec, HostPlatform } from "../../../../rehearsal/host/platform.ts";
import { fakeApi } from "../providers/fake-api.ts";
import { sshServer } from "../providers/ssh-server.ts";
import { workbench } from "../workbench.ts";

/** Hosts that only have addresses. */
function addressesOnly(): HostPlatform {
  let last = 1;
  const nothing = async () => undefined;
  return {
    allocateAddress: () => `127.0.9.${++last}`,
    boot: async (_droplet: DropletSpec) => undefined,
    powerOff: nothing,
    powerOn: nothing,
    destroy: nothing,
    assignAddress: nothing,
    unassignAddress: nothing,
  };
}

const DIGEST = `sha256:${"b".repeat(64)}`;
const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPePdO4BE6Xg8R+dmmwtnFeoh8vWKf80lTHiDTvZsklv";

interface World {
  readonly ssh: { readonly port: number; readonly clientKey: string; readonly hostKey: string };
  readonly registry: string;
}

/** Every type; what `version` says changes what can be changed in place. */
function everything({ ssh, registry }: World, version: string) {
  const key = new digitalocean.SshKey("key", { publicKey: PUBLIC_KEY, name: `key-${version}` });
  const droplet = new digitalocean.Droplet("web", {
    image: "debian-12-x64",
    size: version === "1" ? "s-1vcpu-1gb" : "s-1vcpu-2gb",
    region: "fra1",
    sshKeys: [key.id],
    monitoring: true,
    tags: [`v${version}`],
    userData: "#cloud-config\n",
  });
  const dropletId = droplet.id.apply(Number);
  new digitalocean.Firewall("fw", {
    dropletIds: [dropletId],
    inboundRules: [
      { protocol: "tcp", portRange: version === "1" ? "22" : "443", sourceAddresses: ["0.0.0.0/0", "::/0"] },
    ],
    outboundRules: [{ protocol: "tcp", portRange: "1-65535", destinationAddresses: ["0.0.0.0/0"] }],
  });
  const address = new digitalocean.ReservedIp("address", { region: "fra1" });
  new digitalocean.ReservedIpAssignment("assignment", { ipAddress: address.ipAddress, dropletId });
  const domain = new digitalocean.Domain("zone", { name: "example.test" });
  new digitalocean.DnsRecord("www", {
    domain: domain.name,
    type: "A",
    name: "www",
    value: address.ipAddress,
    ttl: version === "1" ? 60 : 120,
  });
  new digitalocean.Project("project", {
    name: "shop",
    description: `v${version}`,
    resources: [droplet.dropletUrn],
  });
  const check = new digitalocean.UptimeCheck("check", {
    target: "http://example.test",
    type: "http",
    regions: ["eu_west"],
    name: `check-${version}`,
  });
  const notifications = [{ emails: ["ann@example.test"] }];
  new digitalocean.UptimeAlert("down", {
    checkId: check.id,
    type: "down",
    period: version === "1" ? "2m" : "3m",
    notifications,
    threshold: 1,
    comparison: "greater_than",
  });
  new digitalocean.MonitorAlert("cpu", {
    type: "v1/insights/droplet/cpu",
    compare: "GreaterThan",
    value: version === "1" ? 80 : 90,
    window: "5m",
    description: "cpu",
    entities: [droplet.id],
    alerts: { emails: ["ann@example.test"] },
  });
  new digitalocean.Tag("tag", { name: `tag-${version}` });
  const environment = new github.RepositoryEnvironment("production", {
    repository: "shop",
    environment: "production",
    waitTimer: version === "1" ? 5 : 10,
    reviewers: [{ users: [583231] }],
    deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
  });
  const place = { repository: "shop", environment: environment.environment };
  new github.RepositoryEnvironmentDeploymentPolicy("main", {
    ...place,
    branchPattern: version === "1" ? "main" : "release/*",
  });
  new github.ActionsSecret("secret", { repository: "shop", secretName: "TOKEN", value: `hush-${version}` });
  new github.ActionsVariable("variable", { repository: "shop", variableName: "V", value: version });
  new github.ActionsEnvironmentSecret("env-secret", {
    ...place,
    secretName: "TOKEN",
    value: `hush-${version}`,
  });
  new github.ActionsEnvironmentVariable("env-variable", { ...place, variableName: "V", value: version });
  new github.RepositoryRuleset("rules", {
    repository: "shop",
    name: "main",
    target: "branch",
    enforcement: "active",
    conditions: { refName: { includes: ["~DEFAULT_BRANCH"], excludes: [] } },
    rules: { deletion: true, requiredStatusChecks: { requiredChecks: [{ context: `test-${version}` }] } },
  });
  const title = `v${version}`;
  const one = { deleteBeforeReplace: true };
  new github.RepositoryDeployKey("deploy-key", { repository: "shop", title, key: PUBLIC_KEY }, one);
  new github.RepositoryWebhook("hook", {
    repository: "shop",
    events: ["push"],
    configuration: {
      url: `https://hooks.example.test/${version}`,
      contentType: "json",
      secret: pulumi.secret("hush-hook"),
    },
  });
  const connection = {
    host: "127.0.0.1",
    port: ssh.port,
    user: "root",
    privateKey: ssh.clientKey,
    hostKey: ssh.hostKey,
  };
  const deploy = new remote.Command("deploy", { connection, create: "cat", stdin: `v${version}` });
  const image = docker.getRegistryImageOutput({ name: `${registry}/shop/api:latest` });
  return { address: droplet.ipv4Address, said: deploy.stdout, digest: image.sha256Digest };
}

test("every type lives through the imitations", async () => {
  const faults = new Faults();
  const cloud = await startDigitalOcean({ token: "do", platform: addressesOnly(), faults });
  const hub = await startGitHub({ token: "gh", owner: "acme", repository: "shop", faults });
  await using ssh = await sshServer();
  await using registry = await fakeApi(() => [200, undefined, { "docker-content-digest": DIGEST }]);
  await using bench = await workbench({
    LIFTLOCK_REHEARSAL_PROVIDERS: "",
    DIGITALOCEAN_API_URL: cloud.url,
    DIGITALOCEAN_TOKEN: "do",
    GITHUB_BASE_URL: hub.url,
    GITHUB_TOKEN: "gh",
    GITHUB_OWNER: "acme",
  });
  const world = { ssh, registry: new URL(registry.url).host };
  bench.run(async () => everything(world, "1"));
  const created = await bench.stack.up();
  expect(created.summary.resourceChanges).toEqual({ create: 23 });
  expect(created.outputs).toMatchObject({ said: { value: "v1" }, digest: { value: DIGEST } });
  expect(created.outputs.address?.value).toMatch(/^127\.0\.9\./);
  expect(hub.secret("production", "TOKEN")).toBe("hush-1");
  await bench.stack.up({ expectNoChanges: true });
  await bench.stack.previewRefresh({ expectNoChanges: true });
  bench.run(async () => everything(world, "2"));
  const changed = await bench.stack.up();
  expect(changed.summary.resourceChanges).toEqual({ same: 4, update: 17, replace: 2 });
  expect(changed.outputs.said?.value).toBe("v2");
  expect(hub.secret(undefined, "TOKEN")).toBe("hush-2");
  await bench.stack.previewRefresh({ expectNoChanges: true });
  const gone = await bench.stack.destroy();
  expect(gone.summary.resourceChanges).toEqual({ delete: 23 });
  expect(hub.secret(undefined, "TOKEN")).toBeUndefined();
  expect(bench.everything()).not.toContain("hush-");
  await Promise.all([cloud.close(), hub.close()]);
});
