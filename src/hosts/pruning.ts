import { Failure } from "../release/failure.ts";

/** What a host has too much, or had. */
export interface HostPruning {
  host: string;
  /** Bytes of the disk that has the images. */
  disk: { used: number; total: number };
  images: { reference: string; bytes: number }[];
  /** Stopped containers of a release that nobody goes back to. */
  containers: number;
  /** Nothing was looked at: a deployment was at work. */
  busy: boolean;
}

/** Reads what `scripts/prune.sh` printed. @throws Failure `HostUnreachable` when a line is not of its form */
export function parsePruning(host: string, output: string): HostPruning {
  const found: HostPruning = { host, disk: { used: 0, total: 0 }, images: [], containers: 0, busy: false };
  for (const line of output.split("\n").filter(Boolean)) {
    const [key, first = "", second = ""] = line.split(" ");
    const [one, other] = [Number(first), Number(second)];
    if (key === "disk" && one >= 0 && other > 0) found.disk = { used: one * 1024, total: other * 1024 };
    else if (key === "image" && first !== "" && other >= 0)
      found.images.push({ reference: first, bytes: other });
    else if (key === "container" && first !== "") found.containers += 1;
    else if (key === "busy") found.busy = true;
    else
      throw new Failure({
        code: "HostUnreachable",
        message: `expected what goes from ${host}, got lines of another form`,
        hint: "Another program may be answering; look at the host.",
      });
  }
  return found;
}
