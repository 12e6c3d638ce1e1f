/** This machine, by name or address: plain HTTP and SMTP go nowhere else. */
const loopback = (host: string) => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);

/**
 * What is wrong with an address that notifications are posted to; nothing if it may be used. Only https, or http on this machine; no
 * user or password, which would end up in other people's logs.
 */
export function httpProblem(address: string): string | undefined {
  if (!URL.canParse(address)) return "expected an address such as https://hooks.example.com/…";
  const { protocol, hostname, username, password } = new URL(address);
  if (protocol !== "https:" && !(protocol === "http:" && loopback(hostname)))
    return `expected https, got ${protocol.replace(":", "")}`;
  return username || password ? "expected no user or password in the address" : undefined;
}

/** A mail server, and how it is reached. */
export interface MailServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps`); otherwise STARTTLS is insisted on. */
  secure: boolean;
  /** False on this machine only. */
  encrypted: boolean;
  auth?: { user: string; pass: string };
}

/** Reads `smtps://user:password@host:465` or `smtp://user:password@host:587`; otherwise says what is wrong, without repeating it. */
export function parseMailServer(address: string): MailServer | { problem: string } {
  const expected = "expected an address such as smtps://user:password@smtp.example.com";
  if (!URL.canParse(address)) return { problem: expected };
  const { protocol, hostname, port, username, password, search, hash, pathname } = new URL(address);
  const secure = protocol === "smtps:";
  if ((!secure && protocol !== "smtp:") || hostname === "") return { problem: expected };
  if (search || hash || (pathname !== "" && pathname !== "/"))
    return { problem: `${expected}, without anything after the host and port` };
  try {
    const auth = username
      ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
      : undefined;
    return {
      host: hostname.replace(/^\[(.+)\]$/, "$1"),
      port: port ? Number(port) : secure ? 465 : 587,
      secure,
      encrypted: !loopback(hostname),
      ...(auth && { auth }),
    };
  } catch {
    return { problem: "expected user and password with % written as %25" };
  }
}
