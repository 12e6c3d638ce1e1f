/** The program `curl`: one request over plain HTTP to the host's own loopback. */
import { writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { resolve } from "node:path";
import { CommandFailure, type Invocation, type Reply } from "../../docker/call.ts";
import type { Loopback } from "../../engine/loopback.ts";

interface Wanted {
  url: string;
  silent: boolean;
  /** Errors are shown although it is silent. */
  showError: boolean;
  fail: boolean;
  output: string | undefined;
  writeOut: string;
  /** Milliseconds. */
  maxTime: number | undefined;
  headers: [string, string][];
  method: string;
}

/** What went wrong, with curl's exit code. https://curl.se/docs/manpage.html#EXIT */
class CurlFailure extends Error {
  override name = "CurlFailure";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

interface Answer {
  status: number;
  body: Buffer;
}

/** @param locate path on this machine of a path on the host */
export async function curl(
  invocation: Invocation,
  loopback: Loopback,
  locate: (path: string) => string,
  signal: AbortSignal,
): Promise<Reply> {
  let wanted: Wanted;
  try {
    wanted = parse(invocation.argv);
  } catch (cause) {
    if (!(cause instanceof CommandFailure)) throw cause;
    return { stdout: "", stderr: `${cause.message}\n`, exitCode: cause.exitCode };
  }
  const { output, writeOut } = wanted;
  const written = (status: number) =>
    writeOut
      .replaceAll("%{http_code}", String(status).padStart(3, "0"))
      .replaceAll("%{response_code}", String(status).padStart(3, "0"))
      .replaceAll("\\n", "\n");
  const start = performance.now();
  let status = 0;
  try {
    const answer = await ask(wanted, loopback, signal);
    ({ status } = answer);
    if (wanted.fail && status >= 400) {
      throw new CurlFailure(22, `The requested URL returned error: ${status}`);
    }
    if (output === undefined || output === "-") {
      return { stdout: answer.body.toString() + written(status), stderr: "", exitCode: 0 };
    }
    if (output !== "/dev/null") await writeFile(locate(resolve(invocation.cwd, output)), answer.body);
    return { stdout: written(status), stderr: "", exitCode: 0 };
  } catch (cause) {
    const failure =
      cause instanceof CurlFailure ? cause : new CurlFailure(23, `Failure writing output: ${String(cause)}`);
    const after = `${Math.round(performance.now() - start)}`;
    const shown = !wanted.silent || wanted.showError;
    const stderr = shown ? `curl: (${failure.code}) ${failure.message.replace("@", after)}\n` : "";
    return { stdout: written(status), stderr, exitCode: failure.code };
  }
}

const noValue: Readonly<Record<string, (wanted: Wanted) => void>> = {
  "--silent": (wanted) => {
    wanted.silent = true;
  },
  "--show-error": (wanted) => {
    wanted.showError = true;
  },
  "--fail": (wanted) => {
    wanted.fail = true;
  },
};

const withValue: Readonly<Record<string, (wanted: Wanted, value: string) => void>> = {
  "--output": (wanted, value) => {
    wanted.output = value;
  },
  "--write-out": (wanted, value) => {
    if (/%\{(?!http_code\}|response_code\})/.test(value)) throw unsupported(`--write-out ${value}`);
    wanted.writeOut = value;
  },
  "--max-time": (wanted, value) => {
    if (!/^\d+(\.\d+)?$/.test(value))
      throw new CommandFailure(2, "curl: option --max-time: expected a proper numerical parameter");
    wanted.maxTime = Number(value) * 1000;
  },
  "--header": (wanted, value) => {
    const [, name, content] = /^([^:\s]+):\s*(.*)$/.exec(value) ?? [];
    if (name === undefined || content === undefined) throw unsupported(`--header ${value}`);
    wanted.headers.push([name, content]);
  },
  "--request": (wanted, value) => {
    wanted.method = value;
  },
};

function parse(argv: readonly string[]): Wanted {
  const wanted: Wanted = {
    url: "",
    silent: false,
    showError: false,
    fail: false,
    output: undefined,
    writeOut: "",
    maxTime: undefined,
    headers: [],
    method: "GET",
  };
  const short: Readonly<Record<string, string>> = {
    "-s": "--silent",
    "-S": "--show-error",
    "-f": "--fail",
    "-o": "--output",
    "-w": "--write-out",
    "-m": "--max-time",
    "-H": "--header",
    "-X": "--request",
  };
  const rest = argv.flatMap((word) =>
    /^-[sSf]{2,}$/.test(word)
      ? word
          .slice(1)
          .split("")
          .map((one) => `-${one}`)
      : [word],
  );
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const name = short[word] ?? word;
    if (!name.startsWith("-")) {
      if (wanted.url !== "") throw unsupported("several addresses in one call");
      wanted.url = name;
    } else if (Object.hasOwn(noValue, name)) noValue[name]?.(wanted);
    else if (Object.hasOwn(withValue, name)) {
      const value = rest.shift();
      if (value === undefined) throw new CommandFailure(2, `curl: option ${word}: requires parameter`);
      withValue[name]?.(wanted, value);
    } else throw unsupported(`the option ${word}`);
  }
  if (wanted.url === "") throw new CommandFailure(2, "curl: no URL specified!");
  return wanted;
}

function unsupported(what: string): CommandFailure {
  return new CommandFailure(2, `curl: the simulated host's curl does not support ${what}`);
}

async function ask(wanted: Wanted, loopback: Loopback, outer: AbortSignal): Promise<Answer> {
  const url = URL.parse(wanted.url);
  if (url?.protocol !== "http:")
    throw new CurlFailure(1, `Protocol "${url?.protocol.replace(":", "") ?? ""}" not supported`);
  if (url.hostname !== "127.0.0.1" && url.hostname !== "localhost") {
    throw new CurlFailure(7, "the simulated host's curl only reaches 127.0.0.1");
  }
  const port = Number(url.port || "80");
  const socket = loopback.connect(port);
  if (!socket) {
    throw new CurlFailure(
      7,
      `Failed to connect to ${url.hostname} port ${port} after @ ms: Couldn't connect to server`,
    );
  }
  const timeout = wanted.maxTime === undefined ? [] : [AbortSignal.timeout(wanted.maxTime)];
  const signal = AbortSignal.any([outer, ...timeout]);
  const named = new Set(wanted.headers.map(([name]) => name.toLowerCase()));
  const own = [
    ["Host", url.host],
    ["User-Agent", "curl/8.14.1"],
    ["Accept", "*/*"],
  ].filter(([name = ""]) => !named.has(name.toLowerCase()));
  const headers = [...own, ...wanted.headers].flat();
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method } = wanted;
      const path = url.pathname + url.search;
      const asking = request({
        createConnection: () => socket,
        method,
        path,
        headers,
        setHost: false,
        signal,
      });
      asking.on("error", reject);
      asking.on("response", resolve);
      asking.end();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks) };
  } catch {
    socket.destroy();
    if (signal.aborted)
      throw new CurlFailure(28, "Operation timed out after @ milliseconds with 0 bytes received");
    throw new CurlFailure(52, "Empty reply from server");
  }
}
