/** What an authority knows: accounts, orders, authorizations and certificates. */
import { type KeyObject, randomBytes } from "node:crypto";
import type { Problem } from "./problems.ts";

export interface Account {
  id: string;
  key: KeyObject;
  thumbprint: string;
  contact: readonly string[];
}

/** That an account holds a name (RFC 8555, section 7.1.4), with its only challenge. */
export interface Authorization {
  id: string;
  account: Account;
  name: string;
  token: string;
  status: "pending" | "processing" | "valid" | "invalid";
  error?: Problem;
}

export interface Order {
  id: string;
  account: Account;
  names: readonly string[];
  authorizations: readonly Authorization[];
  certificate?: Certificate;
}

export interface Certificate {
  id: string;
  account: Account;
  names: readonly string[];
  /** Its own certificate and that of its issuer, PEM. */
  chain: string;
  /** Milliseconds since 1970. */
  issuedAt: number;
  revoked: boolean;
}

export const newId = () => randomBytes(12).toString("base64url");

/** RFC 8555, section 7.1.6. */
export function statusOf({ authorizations, certificate }: Order): "pending" | "ready" | "valid" | "invalid" {
  if (certificate) return "valid";
  if (authorizations.some(({ status }) => status === "invalid")) return "invalid";
  return authorizations.every(({ status }) => status === "valid") ? "ready" : "pending";
}

export class Book {
  readonly accounts = new Map<string, Account>();
  readonly orders = new Map<string, Order>();
  readonly authorizations = new Map<string, Authorization>();
  readonly certificates = new Map<string, Certificate>();
  /** Times of failed validations, by name. */
  readonly failures = new Map<string, number[]>();
  private readonly nonces = new Set<string>();

  newNonce(): string {
    const nonce = newId();
    this.nonces.add(nonce);
    return nonce;
  }

  /** A nonce is good once. */
  useNonce(nonce: string): boolean {
    return this.nonces.delete(nonce);
  }

  accountWith(thumbprint: string): Account | undefined {
    return [...this.accounts.values()].find((account) => account.thumbprint === thumbprint);
  }

  /** Certificates with exactly these names since a moment. */
  issuedFor(names: readonly string[], since: number): number {
    const wanted = [...names].sort().join(" ");
    return [...this.certificates.values()].filter(
      (certificate) => certificate.issuedAt > since && [...certificate.names].sort().join(" ") === wanted,
    ).length;
  }
}
