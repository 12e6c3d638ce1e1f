/** Certificates that are changed while the edge runs. https://docs.haproxy.org/3.0/management.html#9.3-set%20ssl%20cert */
import { wrongWith } from "../config/certificate.ts";
import type { Worker } from "../worker.ts";
import { CommandRefused } from "./refused.ts";

/** What was set and waits for `commit`. haproxy has one transaction at a time, too. */
const transactions = new WeakMap<Worker, { file: string; pem: Buffer }>();

/** Takes a certificate in. @throws CommandRefused */
export function setCertificate(file: string | undefined, payload: string, worker: Worker): string {
  if (file === undefined || payload.trim() === "")
    throw new CommandRefused("'set ssl cert' expects a filename and a certificate as a payload\n");
  if (!worker.certificates.includes(file))
    throw new CommandRefused(
      `Can't replace a certificate which is not referenced by the configuration!\nCan't update ${file}!\n`,
    );
  const pem = Buffer.from(payload);
  const wrong = wrongWith(pem);
  if (wrong !== undefined) throw new CommandRefused(`${wrong} '${file}'.\nCan't update ${file}!\n`);
  const known = transactions.get(worker);
  transactions.set(worker, { file, pem });
  return `Transaction ${known?.file === file ? "updated" : "created"} for certificate ${file}!\n`;
}

/** Shows what was taken in. @throws CommandRefused */
export function commitCertificate(file: string | undefined, worker: Worker): string {
  if (file === undefined) throw new CommandRefused("'commit ssl cert' expects a filename\n");
  const waiting = transactions.get(worker);
  if (waiting?.file !== file) throw new CommandRefused(`No ongoing transaction! !\nCan't commit ${file}!\n`);
  transactions.delete(worker);
  worker.replaceCertificate(file, waiting.pem);
  return `Committing ${file}.\nSuccess!\n`;
}
