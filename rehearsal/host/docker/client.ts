/** The stand-in programs on a simulated host: they hand each call to this process and repeat its answer. */
import { access } from "node:fs/promises";
import { HostFailure } from "../failure.ts";

/**
 * What a program says when this process does not serve it, and whether it reads its standard input: `asked`, if its arguments say so, and
 * then as base64, for it may be anything.
 */
export interface ProgramWords {
  refused: string;
  cut: string;
  readsInput: boolean | "asked";
}

export const dockerWords: ProgramWords = {
  refused:
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
  cut: 'error during connect: Post "http://%2Fvar%2Frun%2Fdocker.sock": EOF',
  readsInput: false,
};

/**
 * A script for bash, whose connections need no other program: starting Node for each of a deployment's calls would
 * cost more than the rest of it. Sends the fields of {@link readInvocation}, gets a script that prints and exits.
 */
export function clientScript(options: {
  bash: string;
  address: string;
  port: number;
  token: string;
  words: ProgramWords;
}): string {
  const { bash, address, port, token, words } = options;
  // Standard input becomes one more argument; the dot keeps line feeds at its end.
  const whole = 'input=$(cat; printf .); set -- "$@" "${input%.}"\n';
  const asked =
    'case " $* " in *" --interactive "* | *" cp - "*) set -- "$@" "$(base64 --wrap=0)" ;; *) set -- "$@" "" ;; esac\n';
  const input = words.readsInput === "asked" ? asked : words.readsInput ? whole : "";
  return `#!${bash}
fail() { echo "$1" >&2; exit 1; }
${input}{ exec 3<>/dev/tcp/${address}/${port}; } 2>/dev/null ||
  fail ${quote(words.refused)}
{
  printf '%s\\0' ${token} "$PWD" $# "$@"
  for name in $(compgen -e); do printf '%s=%s\\0' "$name" "\${!name}"; done
  printf '\\0'
} >&3
# The shell itself waits, so that the connection goes when it is killed; the rest then comes at once.
read -r _ <&3 || fail ${quote(words.cut)}
answer=$(cat <&3)
eval "$answer"
`;
}

/** Where bash lies on this machine. @throws HostFailure `ProgramMissing` */
export async function findBash(): Promise<string> {
  for (const path of ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"]) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new HostFailure("ProgramMissing", "expected bash in /bin, /usr/bin or /usr/local/bin, found none", {
    hint: "Install bash: simulated hosts use it to reach their container engine.",
  });
}

/** What a client sent, once all of it is there: token, folder, number of arguments, arguments, environment, nothing. */
export function readInvocation(
  received: string,
): { token: string; cwd: string; argv: string[]; environment: Record<string, string> } | undefined {
  if (!received.endsWith("\0\0")) return undefined;
  const [token, cwd, count, ...rest] = received.split("\0");
  if (token === undefined || cwd === undefined || count === undefined) return undefined;
  const argv = rest.slice(0, Number(count));
  const variables = rest.slice(Number(count));
  const end = variables.indexOf("");
  if (end < 0 || end === variables.length - 1) return undefined;
  const environment = variables.slice(0, end).map((pair) => {
    const equals = pair.indexOf("=");
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  return { token, cwd, argv, environment: Object.fromEntries(environment) };
}

/** A line that says that all is there, and the script that a client runs to print the reply and to end with its exit code. */
export function answerScript(reply: {
  stdout: string;
  stderr: string;
  exitCode: number;
  bytes?: Buffer;
}): string {
  const print = (text: string, to: string) => (text === "" ? "" : `printf %s ${quote(text)}${to}\n`);
  const bytes = reply.bytes ? print(reply.bytes.toString("base64"), " | base64 --decode") : "";
  return `\n${bytes}${print(reply.stdout, "")}${print(reply.stderr, " >&2")}exit ${reply.exitCode & 255}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", `'\\''`)}'`;
}
