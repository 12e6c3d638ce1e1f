/** The program `socat`, between standard input and output and one of the edge's sockets. */
import type { Invocation, Reply } from "../../docker/call.ts";
import type { EdgeSocket } from "../service.ts";

const failed = (text: string): Reply => ({ stdout: "", stderr: `${text}\n`, exitCode: 1 });

/**
 * @param input what came on standard input
 * @param open finds what listens at a path
 */
export async function socat(
  { argv }: Invocation,
  input: string,
  open: (path: string) => EdgeSocket | undefined,
): Promise<Reply> {
  const addresses: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (/^-[tT]$/.test(word)) rest.shift();
    else if (!/^-[tT][\d.]+$/.test(word)) addresses.push(word);
  }
  const [, path] = /^unix-connect:(\/[^,]*)$/i.exec(addresses[1] ?? "") ?? [];
  if (addresses.length !== 2 || !/^(-|stdio)$/i.test(addresses[0] ?? "") || path === undefined) {
    return failed(`the simulated host's socat does not support: ${argv.join(" ")}`);
  }
  const socket = open(path);
  if (!socket)
    return failed(
      `${stamp()} socat[1] E connect(, AF=1 "${path}", ${path.length + 2}): No such file or directory`,
    );
  return { stdout: await socket(input), stderr: "", exitCode: 0 };
}

/** The time as socat writes it. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
}
