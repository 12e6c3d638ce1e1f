import { judgeCertificates } from "../plan/certificate.ts";
import type { Run } from "./run.ts";

/**
 * Says what is wrong with the certificates that the hosts' edges show. It stops nothing: no other release would have another one, and the hosts
 * themselves go on asking the authority.
 */
export function tellOfCertificates({ context, readings }: Pick<Run, "context" | "readings">): void {
  for (const { host, message } of judgeCertificates(readings, context.now()))
    context.notify({ code: "warning", payload: { message: context.secrets.mask(`${host}: ${message}`) } });
}
