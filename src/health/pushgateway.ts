/** What is wrong with a Pushgateway's address; nothing if it may be used. A password in it would end up in logs. */
export function addressProblem(address: string): string | undefined {
  const expected = "expected an address such as http://pushgateway.example.com:9091";
  if (!URL.canParse(address)) return `${expected}, got another text`;
  const { protocol, username, password, search, hash } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") return `${expected}, got ${protocol.replace(":", "")}`;
  if (username || password) return "expected no user or password in the address";
  return search || hash ? `${expected}, without a query` : undefined;
}

/**
 * Replaces the job's metrics in a Pushgateway (https://github.com/prometheus/pushgateway#put-method). Redirects are not followed.
 * @param timeout milliseconds; default 10 s
 * @returns why it was not taken; nothing when it was
 */
export async function pushMetrics(
  address: string,
  text: string,
  { job = "liftlock", timeout = 10_000 }: { job?: string; timeout?: number } = {},
): Promise<string | undefined> {
  try {
    const response = await fetch(
      new URL(`metrics/job/${job}`, address.endsWith("/") ? address : `${address}/`),
      {
        method: "PUT",
        headers: { "content-type": "text/plain; version=0.0.4", "user-agent": "liftlock" },
        body: text,
        redirect: "manual",
        signal: AbortSignal.timeout(timeout),
      },
    );
    await response.body?.cancel();
    return response.ok ? undefined : `${new URL(address).host} answered ${response.status}`;
  } catch (thrown) {
    const late = thrown instanceof Error && thrown.name === "TimeoutError";
    return `${new URL(address).host} ${late ? `did not answer within ${timeout / 1000} s` : "cannot be reached"}`;
  }
}
