/** Keywords of frontends. */
import { wrongWith } from "./certificate.ts";
import { parseCondition } from "./condition.ts";
import type { Bind, Frontend, HttpRule } from "./model.ts";
import { type Files, Refused, unsupported } from "./refusal.ts";
import { parseNumber } from "./time.ts";

type Change = Partial<Frontend>;
type Keyword = (words: readonly string[], before: Frontend, files: Files) => Change;

const keywords: Readonly<Record<string, Keyword>> = {
  bind: (words, before, files) => ({ binds: [...before.binds, parseBind(words, files)] }),
  "http-request": (words, before) => ({ rules: [...before.rules, parseRule(words)] }),
  use_backend: ([backend, ...rest], before) => {
    if (backend === undefined) throw new Refused("'use_backend' expects a backend name.");
    return { uses: [...before.uses, { backend, when: parseCondition(rest) }] };
  },
  default_backend: ([backend]) => {
    if (backend === undefined) throw new Refused("'default_backend' expects a backend name.");
    return { defaultBackend: backend };
  },
};

/** Applies a keyword of frontends; nothing when there is none of this name. @throws Refused */
export function applyToFrontend(
  keyword: string,
  words: readonly string[],
  before: Frontend,
  files: Files,
): Frontend | undefined {
  const known = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
  return known && { ...before, ...known(words, before, files) };
}

function parseBind(words: readonly string[], files: Files): Bind {
  const [at = "", ...rest] = words;
  const [, address = "", digits] = /^([^:]*):(\d+)$/.exec(at) ?? [];
  if (digits === undefined || Number(digits) < 1 || Number(digits) > 65_535) {
    throw new Refused(`'bind' : invalid port '${digits ?? at}'`);
  }
  if (!["", "*", "0.0.0.0", "127.0.0.1"].includes(address)) throw unsupported(`'bind ${at}'`);
  const bind = { address: address === "127.0.0.1" ? address : "", port: Number(digits) };
  if (rest.length === 0) return { ...bind, tls: undefined };
  const [ssl, crt, path = "", alpn, protocols = ""] = rest;
  if (ssl !== "ssl" || crt !== "crt" || (rest.length !== 3 && (alpn !== "alpn" || rest.length !== 5))) {
    throw unsupported(`'bind ${words.join(" ")}'`);
  }
  if (alpn === "alpn" && !protocols.split(",").every((one) => one === "h2" || one === "http/1.1")) {
    throw unsupported(`'alpn ${protocols}'`);
  }
  return { ...bind, tls: { file: path, key: readCertificate(at, path, files) } };
}

/** One file with the certificates and their key. */
function readCertificate(at: string, path: string, files: Files): Buffer {
  const key = files.read(path);
  if (!key)
    throw new Refused(
      `'bind ${at}' in section 'frontend' : unable to stat SSL certificate from file '${path}' : No such file or directory.`,
    );
  const wrong = wrongWith(key);
  if (wrong === undefined) return key;
  throw new Refused(`'bind ${at}' in section 'frontend' : ${wrong} '${path}'.`);
}

function parseRule(words: readonly string[]): HttpRule {
  const [action = "", ...rest] = words;
  if (action === "set-var(txn.path)" && rest[0] === "path") {
    return { kind: "set-var", name: "txn.path", when: parseCondition(rest.slice(1)) };
  }
  if (action === "disable-l7-retry") return { kind: "disable-l7-retry", when: parseCondition(rest) };
  if (action === "use-service" && rest[0] === "prometheus-exporter") {
    return { kind: "prometheus", when: parseCondition(rest.slice(1)) };
  }
  if (action === "redirect" && rest.slice(0, 3).join(" ") === "scheme https code") {
    const code = parseNumber(rest[3], "redirect", 301, 308);
    return { kind: "redirect", code, when: parseCondition(rest.slice(4)) };
  }
  if (action === "return") return parseReturn(rest);
  throw new Refused(
    `'http-request' expects 'disable-l7-retry', 'redirect', 'return', 'set-var(txn.path)', 'use-service', but got '${words.join(" ")}'.`,
  );
}

/** An answer of the edge's own: a text in which the last part of the path may stand. */
function parseReturn(words: readonly string[]): HttpRule {
  const [keyword, status, type, contentType = "", form, format = "", ...rest] = words;
  if (keyword !== "status" || type !== "content-type" || form !== "lf-string")
    throw unsupported("'http-request return' in another form than 'status … content-type … lf-string …'");
  const last = "%[path,field(-1,/)]";
  if (format.replaceAll(last, "").includes("%")) throw unsupported(`the text '${format}'`);
  return {
    kind: "return",
    status: parseNumber(status, "return", 200, 599),
    contentType,
    text: ({ path }) => format.replaceAll(last, path.slice(path.lastIndexOf("/") + 1)),
    when: parseCondition(rest),
  };
}
