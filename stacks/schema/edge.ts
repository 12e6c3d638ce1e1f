import { z } from "zod";
import { port, type SecretForm, secretIn, service, text } from "./values.ts";

const path = z.string().regex(/^\/[^\s"'\\#]*$/, "expected a path that starts with /");

/** Where Let's Encrypt issues certificates that everybody trusts. https://letsencrypt.org/docs/acme-protocol-updates/ */
export const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";

/** A name for which a challenge over HTTP can be answered: no wildcard, no address (RFC 8555, section 8.3). */
const certifiedName = z
  .string()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    "expected a full host name such as www.example.com; wildcards and addresses cannot be had over HTTP",
  );

const acmeIn = (form: SecretForm) =>
  z.strictObject({
    /** Where the authority writes to. */
    email: z
      .email("expected an e-mail address")
      .regex(/^[A-Za-z0-9._%+@-]+$/, "expected an e-mail address without quotes"),
    /** URL of the authority's directory; default: Let's Encrypt's. */
    directory: z
      .string()
      .regex(/^https:\/\/[A-Za-z0-9._~:/?#@&=%+[\]-]+$/, "expected the URL of a directory, https://…")
      .default(letsEncrypt),
    /** Names in the certificate; default: the routes' host names and those of `liftlock:dns`. */
    names: z.array(certifiedName).min(1).max(100).optional(),
    /** Private key of the account, RSA or P-256 in PEM form; default: derived from `liftlock:ssh.hostKeySeed`. */
    accountKey: secretIn(form).optional(),
    /** Certificates in PEM form by which the directory itself is trusted, for an authority of one's own. */
    root: z
      .string()
      .regex(/-----BEGIN CERTIFICATE-----/, "expected certificates in PEM form")
      .optional(),
  });

export const edgeIn = (form: SecretForm) =>
  z.strictObject({
    /** Where requests go. The first route also takes what no other one takes. */
    routes: z
      .array(
        z.strictObject({
          /** A promoted service of the compose file. */
          service,
          /** Port on which the service listens in its container. */
          port,
          /** Requests whose path starts so; absent: every path. */
          path: path.optional(),
          /** Requests for this host name only. */
          hostName: z
            .string()
            .regex(/^[a-z0-9.-]+$/, "expected a host name")
            .optional(),
          /** Path that answers 2xx while the service may get requests. */
          health: path.default("/healthz"),
        }),
      )
      .min(1)
      .max(100),
    /** Public port of plain HTTP. */
    port: port.default(80),
    /** Absent: plain HTTP only. With it, plain HTTP is redirected. */
    tls: z
      .strictObject({
        /** Public port of HTTPS. */
        port: port.default(443),
        /** Certificate with its chain, in PEM form. Either this and `key`, or `acme`. */
        certificate: text.optional(),
        /** Its private key, in PEM form. */
        key: secretIn(form).optional(),
        /** Each host gets a certificate from an authority (ACME, HTTP-01) and renews it. Who writes this accepts the authority's terms of service. */
        acme: acmeIn(form).optional(),
      })
      .optional(),
    /** Services of which only one may run at a time, such as a scheduler: they move when the traffic has. */
    once: z.array(service).default([]),
    /** What must answer 2xx in a new release before it gets requests, besides each route's health. */
    smoke: z
      .array(
        z.strictObject({
          /** One that has a route. */
          service,
          /** Asked in the slot itself, past the edge. */
          path,
        }),
      )
      .default([]),
    /** Seconds for which a request may go on in a release that is being left. */
    drain: z.int().min(1).max(3600).default(30),
    /** Seconds for which the release that was left stays ready, before it is stopped. */
    warm: z.int().min(0).max(604_800).default(600),
    /** HTML that people see while nothing answers; default: a page of ours. */
    maintenance: text.optional(),
  });
