/** A certificate authority that speaks ACME (RFC 8555); see SPEC.md. */
import { z } from "zod";
import type { Faults } from "../faults/faults.ts";
import type { Answer, Handler, Request } from "../http/exchange.ts";
import type { RequestLog } from "../http/request-log.ts";
import { Router } from "../http/router.ts";
import { startHttp } from "../http/server.ts";
import { newAuthority } from "../registry/tls/authority.ts";
import {
  type Account,
  type Authorization,
  Book,
  type Certificate,
  newId,
  type Order,
  statusOf,
} from "./book.ts";
import type { Names } from "./challenge.ts";
import { type Lifetime, newIssuing } from "./issuing.ts";
import { type Signed, thumbprint, verifyJws } from "./jws.ts";
import { begin, finalize, type Limits, newOrder, type Office, revoke } from "./orders.ts";
import { problem, refusal } from "./problems.ts";

export interface AcmeOptions {
  /** Its rules for the part `acme` apply to every request. */
  faults: Faults;
  /** Where names lead, and where challenges are asked for. */
  names: Names;
  /** Address of this machine; default `127.0.0.1`. */
  address?: string;
  /** Default: Let's Encrypt's, 5 and 5. */
  limits?: Partial<Limits>;
}

export interface AcmeAuthority {
  /** `https://…/directory`. */
  directory: string;
  /** PEM by which the directory itself is trusted. */
  transportRoot: string;
  /** PEM by which the issued certificates are trusted. */
  root: string;
  /** Of the certificates that are issued from now on; default 90 days from now. */
  lifetime: Lifetime;
  /** Oldest first. */
  readonly issued: readonly Certificate[];
  readonly accounts: readonly Account[];
  requests: RequestLog;
  close(): Promise<void>;
}

/** One signed request. */
interface Call {
  request: Request;
  signed: Signed;
}

type SignedHandler = (call: Call) => Answer;

const accountSchema = z.object({
  onlyReturnExisting: z.boolean().optional(),
  termsOfServiceAgreed: z.boolean().optional(),
  contact: z.array(z.string()).default([]),
});

/** Reads and verifies a signed request: signature, nonce, and that it was meant for this URL. */
const signedBy =
  (book: Book, handler: SignedHandler): Handler =>
  async (request) => {
    if (request.headers["content-type"] !== "application/jose+json")
      throw refusal("malformed", "expected application/jose+json");
    const find = (url: string) => book.accounts.get(url.slice(url.lastIndexOf("/") + 1))?.key;
    const signed = verifyJws(await request.bytes(), find);
    if (!book.useNonce(signed.nonce))
      throw refusal("badNonce", "the nonce is not one of mine, or was used before");
    if (signed.url !== `${request.origin}${request.path}`)
      throw refusal("unauthorized", `signed for ${signed.url}`);
    return handler({ request, signed });
  };

function accountOf(book: Book, { signed }: Call): Account {
  const found = book.accounts.get((signed.account ?? "").split("/").at(-1) ?? "");
  if (!found) throw refusal("malformed", "expected a kid");
  return found;
}

/** What an account asks for has to be its own. */
function own<T extends { account: Account }>(book: Book, things: ReadonlyMap<string, T>, call: Call): T {
  const found = things.get(call.request.params["id"] ?? "");
  if (found?.account !== accountOf(book, call))
    throw refusal("unauthorized", "this account has nothing of that name");
  return found;
}

function register(book: Book, call: Call): Answer {
  const { request, signed } = call;
  if (signed.account !== undefined) throw refusal("malformed", "expected a jwk");
  const parsed = accountSchema.safeParse(signed.payload);
  if (!parsed.success) throw refusal("malformed", "expected an account");
  const print = thumbprint(signed.key);
  const known = book.accountWith(print);
  const answer = (status: number, { id, contact }: Account): Answer => ({
    status,
    json: { status: "valid", contact },
    headers: { location: `${request.origin}/account/${id}` },
  });
  if (known) return answer(200, known);
  if (parsed.data.onlyReturnExisting)
    throw refusal("accountDoesNotExist", "there is no account with this key");
  if (!parsed.data.termsOfServiceAgreed)
    throw refusal("userActionRequired", "the terms of service were not accepted");
  const account = { id: newId(), key: signed.key, thumbprint: print, contact: parsed.data.contact };
  book.accounts.set(account.id, account);
  return answer(201, account);
}

function orderView(order: Order, origin: string): object {
  const { id, names, authorizations, certificate } = order;
  return {
    status: statusOf(order),
    identifiers: names.map((value) => ({ type: "dns", value })),
    authorizations: authorizations.map((one) => `${origin}/authorization/${one.id}`),
    finalize: `${origin}/order/${id}/finalize`,
    ...(certificate && { certificate: `${origin}/certificate/${certificate.id}` }),
  };
}

const challengeView = ({ id, token, status, error }: Authorization, origin: string) => ({
  type: "http-01",
  url: `${origin}/challenge/${id}`,
  token,
  status,
  ...(error && { error }),
});

const authorizationView = (one: Authorization, origin: string) => ({
  status: one.status === "processing" ? "pending" : one.status,
  identifier: { type: "dns", value: one.name },
  challenges: [challengeView(one, origin)],
});

const directoryOf = (origin: string) => ({
  newNonce: `${origin}/new-nonce`,
  newAccount: `${origin}/new-account`,
  newOrder: `${origin}/new-order`,
  revokeCert: `${origin}/revoke`,
  meta: { termsOfService: `${origin}/terms`, externalAccountRequired: false },
});

function routes(office: Office): Router {
  const { book } = office;
  const router = new Router()
    .on("GET", "/directory", ({ origin }) => ({ status: 200, json: directoryOf(origin) }))
    .on("HEAD", "/new-nonce", () => ({ status: 200 }))
    .on("GET", "/new-nonce", () => ({ status: 204 }));
  const post = (path: string, handler: SignedHandler) => router.on("POST", path, signedBy(book, handler));
  post("/new-account", (call) => register(book, call));
  post("/account/:id", (call) => ({
    status: 200,
    json: { status: "valid", contact: accountOf(book, call).contact },
  }));
  post("/new-order", (call) => {
    const order = newOrder(office, accountOf(book, call), call.signed.payload);
    const { origin } = call.request;
    return {
      status: 201,
      json: orderView(order, origin),
      headers: { location: `${origin}/order/${order.id}` },
    };
  });
  post("/order/:id", (call) => ({
    status: 200,
    json: orderView(own(book, book.orders, call), call.request.origin),
  }));
  post("/authorization/:id", (call) => ({
    status: 200,
    json: authorizationView(own(book, book.authorizations, call), call.request.origin),
  }));
  post("/challenge/:id", (call) => {
    const authorization = own(book, book.authorizations, call);
    if (call.signed.payload !== undefined) begin(office, authorization);
    return { status: 200, json: challengeView(authorization, call.request.origin) };
  });
  post("/order/:id/finalize", (call) => {
    const order = own(book, book.orders, call);
    finalize(office, order, call.signed.payload);
    return { status: 200, json: orderView(order, call.request.origin) };
  });
  post("/certificate/:id", (call) => ({
    status: 200,
    bytes: Buffer.from(own(book, book.certificates, call).chain),
    headers: { "content-type": "application/pem-certificate-chain" },
  }));
  post("/revoke", (call) => {
    revoke(office, accountOf(book, call), call.signed.payload);
    return { status: 200 };
  });
  return router;
}

/** Starts an authority over HTTPS, as RFC 8555 demands. */
export async function startAcme({ faults, names, address, limits }: AcmeOptions): Promise<AcmeAuthority> {
  const transport = newAuthority();
  const issuing = newIssuing();
  const book = new Book();
  let lifetime: Lifetime = { from: 0, until: 90 };
  const office: Office = {
    book,
    names,
    issuing,
    limits: { duplicates: 5, failures: 5, ...limits },
    lifetime: () => lifetime,
  };
  const server = await startHttp({
    part: "acme",
    faults,
    router: routes(office),
    errorBody: (_status, message) => problem("serverInternal", message),
    // Every answer brings the nonce for the next request (section 6.5).
    around: async (request, next) => {
      const answer = await next(request);
      const headers = { "replay-nonce": book.newNonce(), "cache-control": "no-store", ...answer.headers };
      return { ...answer, headers };
    },
    tls: transport.issue(address ?? "127.0.0.1"),
    ...(address !== undefined && { address }),
  });
  return {
    directory: `${server.url}/directory`,
    transportRoot: transport.certificate,
    root: issuing.root,
    get lifetime() {
      return lifetime;
    },
    set lifetime(next) {
      lifetime = next;
    },
    get issued() {
      return [...book.certificates.values()];
    },
    get accounts() {
      return [...book.accounts.values()];
    },
    requests: server.requests,
    close: () => server.close(),
  };
}
