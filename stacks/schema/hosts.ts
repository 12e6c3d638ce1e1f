import { z } from "zod";
import { port, type SecretForm, secretIn, slug } from "./values.ts";

/** The hosts and what belongs to them at DigitalOcean. */

export const hostName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/, "expected lower-case letters, digits and -");

const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: "expected an address range such as 203.0.113.0/24" });

export const fleet = z.strictObject({
  /** Droplets. */
  size: z.int().min(1).max(100).default(1),
  dropletSize: slug.default("s-1vcpu-2gb"),
  image: slug.default("debian-13-x64"),
  region: slug,
  /** Who may reach SSH. */
  operators: z.array(cidr).min(1, "expected at least one address range that may reach SSH"),
  /** Ports that everybody may reach. */
  ports: z.array(port).default([80, 443]),
  tags: z.array(slug).default([]),
  reservedAddress: z.boolean().default(false),
  /** A DigitalOcean load balancer in front of all hosts, which asks each for the first of `health.paths`. */
  loadBalancer: z.boolean().default(false),
});

export const sshIn = (form: SecretForm) =>
  z.strictObject({
    user: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, "expected a user name")
      .default("liftlock"),
    port: port.default(22),
    /** Private key of the deploying user, in OpenSSH or PEM form. */
    privateKey: secretIn(form),
    /** 32 bytes in base64; every host's own host key is derived from it, so that it is known before the host exists. */
    hostKeySeed: secretIn(form),
  });

export const dns = z.strictObject({
  domain: z.string().regex(/^(?:[a-z0-9-]+\.)+[a-z]{2,}$/, "expected a domain such as example.com"),
  names: z.array(z.string().regex(/^(?:@|\*|[a-z0-9-]+(?:\.[a-z0-9-]+)*)$/, "expected a record name")).min(1),
  createDomain: z.boolean().default(false),
});

export const alerts = z.strictObject({ emails: z.array(z.email("expected an e-mail address")).min(1) });
