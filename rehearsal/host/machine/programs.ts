/** The stand-in programs of a host: what they say when nobody serves them, and how faults strike their calls. */
import type { Faults } from "../../faults/faults.ts";
import type { Invocation, Reply } from "../docker/call.ts";
import { dockerWords, type ProgramWords } from "../docker/client.ts";
import type { DockerSocket, Serve } from "../docker/socket.ts";
import { faultyReply, noDaemon } from "./faulty.ts";

/** A call of a program; `input` is what came on its standard input, if it reads that. */
export type Run = (invocation: Invocation, input: string, signal: AbortSignal) => Promise<Reply>;

interface Program {
  words: ProgramWords;
  /** How it ends when there is nobody at the other end. */
  unreachable: Reply;
}

const gone = (stderr: string, exitCode: number): Reply => ({ stdout: "", stderr: `${stderr}\n`, exitCode });

const words = (text: string, readsInput = false): ProgramWords => ({ refused: text, cut: text, readsInput });

const programs = {
  docker: { words: { ...dockerWords, readsInput: "asked" }, unreachable: noDaemon },
  dehydrated: { words: words("dehydrated: killed"), unreachable: gone("Killed", 137) },
  haproxy: { words: words("haproxy: killed"), unreachable: gone("Killed", 137) },
  socat: {
    words: words("socat[1] E connect(): Connection refused", true),
    unreachable: gone("socat[1] E connect(): Connection refused", 1),
  },
  curl: {
    words: words("curl: (7) Couldn't connect to server"),
    unreachable: gone("curl: (7) Couldn't connect to server", 7),
  },
  restic: { words: words("signal killed received, cleaning up"), unreachable: gone("Killed", 137) },
  ss: { words: words("ss: killed"), unreachable: gone("Killed", 137) },
  systemctl: {
    words: words("Failed to connect to bus: Connection refused"),
    unreachable: gone("Failed to connect to bus: Connection refused", 1),
  },
} satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** What a host's calls are served with. */
export interface ProgramSurroundings {
  host: string;
  faults: Faults;
  socket: DockerSocket;
  /** Aborted when the host loses its power. */
  power: AbortSignal;
}

/** Gives a program as a script, and serves it until `detach` is called. */
export function attachProgram(
  name: ProgramName,
  run: Run,
  { host, faults, socket, power }: ProgramSurroundings,
): Promise<{ script: string; detach: () => void }> {
  const { words: said, unreachable } = programs[name];
  const serve: Serve = ({ argv: received, ...rest }, left) => {
    const argv = said.readsInput ? received.slice(0, -1) : received;
    const input = said.readsInput ? (received.at(-1) ?? "") : "";
    const subject = [
      host,
      name,
      ...argv,
      ...(said.readsInput === true ? [input.replace(/\n+/g, " ").trim()] : []),
    ];
    const action = faults.take("host", subject.join(" "));
    const signal = AbortSignal.any([left, power]);
    return faultyReply(action, () => run({ ...rest, argv }, input, signal), power, unreachable);
  };
  return socket.attach(serve, said);
}

/** Stands where a program is not installed, so that the one of this machine is not taken for it. */
export function missingProgram(name: string): string {
  return `#!/bin/sh\necho "sh: 1: ${name}: not found" >&2\nexit 127\n`;
}
