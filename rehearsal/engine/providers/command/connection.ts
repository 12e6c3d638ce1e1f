// SSH connections as the real provider dials them.
import { timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ConnectConfig } from "ssh2";
import { EngineError, messageOf, unsupported } from "../../failure.ts";
import { isObject, type Props } from "../../values/values.ts";
import { isSet, number, optionalText, text } from "../fields.ts";
import { isLocalAddress } from "../loopback.ts";
import { pace } from "../pace.ts";
import type { Context } from "../provider.ts";

/** Defaults of the real provider. */
const DIAL_ERROR_LIMIT = 10;
const PER_DIAL_TIMEOUT_SECONDS = 15;
/** Its waits between tries: 100 ms, half as much again each time, 5 s at most. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const SHORTEST_WAIT_MS = 10;

/** Blob of a public key in authorized_keys form. */
function keyBlob(line: string): Buffer {
  const words = line.trim().split(/\s+/);
  const type = words.findIndex((word) => /^(ssh-|ecdsa-|sk-)/.test(word));
  const blob = words[type + 1];
  if (type === -1 || blob === undefined) {
    throw new EngineError(
      "provider",
      `the connection's hostKey is not a public key in authorized_keys form: '${line}'`,
    );
  }
  return Buffer.from(blob, "base64");
}

function configOf(connection: Props): ConnectConfig {
  for (const option of ["proxy", "agentSocketPath"]) {
    if (isSet(connection, option)) throw unsupported(`the connection option '${option}' of a remote.Command`);
  }
  const host = text(connection, "host");
  if (!isLocalAddress(host)) {
    throw new EngineError(
      "not-loopback",
      `the rehearsal engine opens SSH connections to this machine and its own networks only, not to '${host}'`,
    );
  }
  const hostKey = optionalText(connection, "hostKey");
  const expected = hostKey === undefined ? undefined : keyBlob(hostKey);
  const privateKey = optionalText(connection, "privateKey");
  const passphrase = optionalText(connection, "privateKeyPassword");
  const password = optionalText(connection, "password");
  return {
    host,
    port: isSet(connection, "port") ? number(connection, "port") : 22,
    username: optionalText(connection, "user") ?? "root",
    readyTimeout:
      (isSet(connection, "perDialTimeout")
        ? number(connection, "perDialTimeout")
        : PER_DIAL_TIMEOUT_SECONDS) * 1000,
    ...(privateKey !== undefined && { privateKey }),
    ...(passphrase !== undefined && { passphrase }),
    ...(password !== undefined && { password }),
    ...(expected && {
      hostVerifier: (seen: Buffer) => seen.length === expected.length && timingSafeEqual(seen, expected),
    }),
  };
}

/** The real provider speaks of Go's SSH library. */
function worded(error: unknown): string {
  const message = messageOf(error);
  if (/verification/i.test(message)) return "ssh: handshake failed: ssh: host key mismatch";
  if (/authentication methods failed/.test(message)) {
    return "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";
  }
  return message;
}

async function dialOnce(config: ConnectConfig): Promise<Client> {
  const { default: ssh2 } = await import("ssh2");
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => {
      client.destroy();
      reject(error);
    };
    // A server that hangs up in the middle of the handshake is no error to ssh2, only an end.
    const hungUp = () => refuse(new EngineError("provider", "ssh: handshake failed: EOF"));
    client.once("error", refuse);
    // ssh2 reports a refused connection more than once; a later report must not end the engine.
    client.on("error", () => undefined);
    client.once("close", hungUp);
    client.once("ready", () => {
      client.off("error", refuse).off("close", hungUp);
      resolve(client);
    });
    client.connect(config).setNoDelay(true);
  });
}

/** Opens the connection, trying again as often as `dialErrorLimit` allows (negative: for ever). */
export async function dial(connection: unknown, context: Context): Promise<Client> {
  if (!isObject(connection)) throw new EngineError("provider", "a remote.Command needs a connection");
  const config = configOf(connection);
  const limit = isSet(connection, "dialErrorLimit") ? number(connection, "dialErrorLimit") : DIAL_ERROR_LIMIT;
  for (let attempt = 1; ; attempt++) {
    try {
      return await dialOnce(config);
    } catch (cause) {
      if (limit >= 0 && attempt >= limit) {
        throw new EngineError("provider", `after ${attempt} failed attempts: ${worded(cause)}`, { cause });
      }
      context.log(`Dial ${attempt}/${limit < 0 ? "inf" : limit} failed: retrying`);
    }
    const wait = Math.min(FIRST_WAIT_MS * 1.5 ** (attempt - 1), LONGEST_WAIT_MS) * pace();
    await sleep(Math.max(SHORTEST_WAIT_MS, wait));
  }
}
