import { type CertificateFacts, type HostReading, wasRead } from "./facts.ts";

/** Something about the certificate of a host's edge that people should know. */
export interface CertificateFinding {
  host: string;
  /** It is not the one that it should be; otherwise it only ends soon. */
  wrong: boolean;
  message: string;
}

const day = 86_400_000;

/** Days before its end from which on people are told: renewing should have begun long before. */
export const warningDays = 14;

/** Whole days until it ends; less than none afterwards. */
export const daysLeft = ({ until }: CertificateFacts, now: Date): number =>
  Math.floor((Date.parse(until) - now.getTime()) / day);

/** Why the host has not got the one that it asks for. */
const because = ({ failure }: CertificateFacts): string =>
  failure
    ? ` (${failure.why}; tried ${failure.count === 1 ? "once" : `${failure.count} times`}, next after ${failure.next})`
    : "";

function judge(facts: CertificateFacts, now: Date): Omit<CertificateFinding, "host">[] {
  const { wanted = [], names, selfSigned, until } = facts;
  const left = daysLeft(facts, now);
  if (wanted.length > 0 && selfSigned)
    return [
      {
        wrong: true,
        message: `its edge shows a certificate of its own: no authority has issued one yet${because(facts)}`,
      },
    ];
  const missing = wanted.filter((name) => !names.includes(name));
  const found: Omit<CertificateFinding, "host">[] = [];
  if (missing.length > 0)
    found.push({
      wrong: true,
      message: `its edge's certificate lacks ${missing.join(", ")}${because(facts)}`,
    });
  if (left < 0)
    found.push({ wrong: true, message: `its edge's certificate ended on ${until}${because(facts)}` });
  else if (left < warningDays)
    found.push({
      wrong: false,
      message: `its edge's certificate ends in ${left === 1 ? "1 day" : `${left} days`}${because(facts)}`,
    });
  return found;
}

/** What is to be said of the certificates that the hosts' edges show. */
export const judgeCertificates = (readings: readonly HostReading[], now: Date): CertificateFinding[] =>
  readings
    .filter(wasRead)
    .flatMap(({ host, certificate }) =>
      certificate ? judge(certificate, now).map((finding) => ({ host, ...finding })) : [],
    );
