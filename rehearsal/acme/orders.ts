/** From an order to a certificate: what accounts ask for, and what they are answered. */
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { type Account, type Authorization, type Book, newId, type Order, statusOf } from "./book.ts";
import { type Names, proveControl } from "./challenge.ts";
import { verifySigningRequest } from "./csr.ts";
import type { Issuing, Lifetime } from "./issuing.ts";
import { refusal } from "./problems.ts";

/** How often is too often, as Let's Encrypt counts it. https://letsencrypt.org/docs/rate-limits/ */
export interface Limits {
  /** Certificates with exactly the same names in seven days. */
  duplicates: number;
  /** Failed validations of one name in an hour. */
  failures: number;
}

const hour = 3600 * 1000;
const week = 7 * 24 * hour;

/** What orders are carried out with. */
export interface Office {
  book: Book;
  names: Names;
  issuing: Issuing;
  limits: Limits;
  lifetime: () => Lifetime;
}

const orderSchema = z.object({
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })).min(1),
});
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;

/** @throws Refusal */
export function newOrder({ book, limits }: Office, account: Account, payload: unknown): Order {
  const parsed = orderSchema.safeParse(payload);
  if (!parsed.success) throw refusal("malformed", "expected identifiers");
  const names = parsed.data.identifiers.map(({ type, value }) => {
    if (type !== "dns") throw refusal("unsupportedIdentifier", `${type} identifiers are not certified here`);
    if (!hostName.test(value))
      throw refusal("rejectedIdentifier", `${value} is not a name that is certified here`);
    return value;
  });
  verifyLimits(book, limits, names);
  const authorizations = names.map((name): Authorization => {
    // As Let's Encrypt does: who has just proven it need not prove it again.
    const known = [...book.authorizations.values()].find(
      (one) => one.account === account && one.name === name && one.status === "valid",
    );
    return known ?? { id: newId(), account, name, token: newId(), status: "pending" };
  });
  const order: Order = { id: newId(), account, names, authorizations };
  for (const authorization of authorizations) book.authorizations.set(authorization.id, authorization);
  book.orders.set(order.id, order);
  return order;
}

function verifyLimits(book: Book, limits: Limits, names: readonly string[]): void {
  const now = Date.now();
  if (book.issuedFor(names, now - week) >= limits.duplicates) {
    const detail = `too many certificates (${limits.duplicates}) already issued for this exact set of identifiers in the last 168h0m0s`;
    throw refusal("rateLimited", detail, { "retry-after": String(34 * 3600) });
  }
  for (const name of names) {
    const failed = (book.failures.get(name) ?? []).filter((time) => time > now - hour);
    if (failed.length >= limits.failures)
      throw refusal(
        "rateLimited",
        `too many failed authorizations (${limits.failures}) for ${name} in the last 1h0m0s`,
        {
          "retry-after": "3600",
        },
      );
  }
}

/** Asks for the challenge's answer; what comes of it is seen by asking for the authorization. */
export function begin({ book, names }: Office, authorization: Authorization): void {
  if (authorization.status !== "pending") return;
  authorization.status = "processing";
  const { name, token, account } = authorization;
  void proveControl(name, token, `${token}.${account.thumbprint}`, names).then((error) => {
    if (error) {
      authorization.error = error;
      book.failures.set(name, [...(book.failures.get(name) ?? []), Date.now()]);
    }
    authorization.status = error ? "invalid" : "valid";
  });
}

const finalizeSchema = z.object({ csr: z.string().regex(/^[A-Za-z0-9_-]+$/) });

/** @throws Refusal */
export function finalize({ book, issuing, lifetime }: Office, order: Order, payload: unknown): void {
  const parsed = finalizeSchema.safeParse(payload);
  if (!parsed.success) throw refusal("malformed", "expected a csr");
  if (statusOf(order) !== "ready") throw refusal("orderNotReady", `the order is ${statusOf(order)}`);
  const { key, names } = verifySigningRequest(parsed.data.csr);
  if ([...names].sort().join(" ") !== [...order.names].sort().join(" "))
    throw refusal("badCSR", `the CSR is for ${names.join(", ")}, the order for ${order.names.join(", ")}`);
  const { account } = order;
  const chain = issuing.issue(key, order.names, lifetime());
  const certificate = { id: newId(), account, names, chain, issuedAt: Date.now(), revoked: false };
  order.certificate = certificate;
  book.certificates.set(certificate.id, certificate);
}

const revocationSchema = z.object({ certificate: z.string() });

/** @throws Refusal */
export function revoke({ book }: Office, account: Account, payload: unknown): void {
  const parsed = revocationSchema.safeParse(payload);
  if (!parsed.success) throw refusal("malformed", "expected a certificate");
  const wanted = Buffer.from(parsed.data.certificate, "base64url");
  const found = [...book.certificates.values()].find(({ chain }) =>
    new X509Certificate(chain).raw.equals(wanted),
  );
  if (found?.account !== account) throw refusal("unauthorized", "this account has no such certificate");
  found.revoked = true;
}
