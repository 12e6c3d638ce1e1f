import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** Lets everything in this process trust an authority (PEM) too, as NODE_EXTRA_CA_CERTS does for a process that is started. */
export function trustAuthority(certificate: string): void {
  setDefaultCACertificates([...getCACertificates("default"), certificate]);
}
