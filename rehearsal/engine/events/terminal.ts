import type { Resource } from "../state/resource.ts";
import { isProviderType, nameOf, STACK_TYPE } from "../state/resource.ts";
import { hasSecret, hasUnknown, type Props } from "../values/values.ts";
import type { Op, Severity, StepReport } from "./report.ts";

const SIGNS: Readonly<Record<Op, string>> = {
  same: " ",
  create: "+",
  update: "~",
  delete: "-",
  replace: "+-",
  "create-replacement": "++",
  "delete-replaced": "--",
  read: ">",
  refresh: "~",
};

const DONE: Readonly<Record<Op, string>> = {
  same: "unchanged",
  create: "created",
  update: "updated",
  delete: "deleted",
  replace: "replaced",
  "create-replacement": "created as replacement",
  "delete-replaced": "deleted after replacement",
  read: "read",
  refresh: "refreshed",
};

const PLANNED: Readonly<Partial<Record<Op, string>>> = {
  create: "to create",
  update: "to update",
  delete: "to delete",
  replace: "to replace",
  "create-replacement": "to create as replacement",
  "delete-replaced": "to delete after replacement",
  read: "to read",
};

/** `digitalocean:index/droplet:Droplet` as people write it: `digitalocean:Droplet`. */
function shortType(type: string): string {
  const [pkg = "", module = "", name = ""] = type.split(":");
  if (isProviderType(type)) return type;
  const path = module.split("/")[0] ?? "";
  return path === "index" ? `${pkg}:${name}` : `${pkg}:${path}:${name}`;
}

const labelOf = (resource: Resource): string => `${shortType(resource.type)} ${nameOf(resource.urn)}`;

/** Plain progress lines for a terminal or a log. */
export class Terminal {
  readonly #dryRun: boolean;
  readonly #out: (line: string) => void;
  readonly #began = new Map<string, number>();

  constructor(
    dryRun: boolean,
    out: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
  ) {
    this.#dryRun = dryRun;
    this.#out = out;
  }

  begun(report: StepReport): void {
    const resource = report.next ?? report.old;
    if (resource) this.#began.set(report.op + resource.urn, Date.now());
  }

  done(report: StepReport): void {
    const { op, diff } = report;
    const resource = report.next ?? report.old;
    if (!resource || op === "same" || (op === "replace" && !this.#dryRun)) return;
    const changed = Object.entries(diff).map(
      ([key, change]) => `${{ add: "+", delete: "-", update: "~" }[change]}${key}`,
    );
    const verb = (this.#dryRun ? PLANNED[op] : undefined) ?? DONE[op];
    const took = this.#dryRun ? "" : this.#took(op + resource.urn);
    const what = changed.length > 0 ? ` [${changed.join(", ")}]` : "";
    this.#out(` ${SIGNS[op].padEnd(2)} ${labelOf(resource)} ${verb}${took}${what}`);
  }

  failed(report: StepReport): void {
    const resource = report.next ?? report.old;
    if (resource) this.#out(` ${SIGNS[report.op].padEnd(2)} ${labelOf(resource)} **${report.op} failed**`);
  }

  diagnostic(severity: Severity, message: string, urn: string): void {
    const where = urn ? `${nameOf(urn)}: ` : "";
    const prefix = severity.startsWith("info") ? "" : `${severity}: `;
    if (severity === "error") process.stderr.write(`error: ${where}${message}\n`);
    const [first = "", ...more] = message.split("\n");
    this.#out([`    ${where}${prefix}${first}`, ...more.map((line) => `      ${line}`)].join("\n"));
  }

  /** What the run came to: outputs, counts, duration. */
  summary(parts: { outputs: Props; changes: Readonly<Partial<Record<Op, number>>>; seconds: number }): void {
    const outputs = Object.entries(parts.outputs);
    if (outputs.length > 0) {
      this.#out("Outputs:");
      for (const [key, value] of outputs) this.#out(`    ${key}: ${shown(value)}`);
    }
    this.#out("Resources:");
    const verbs = this.#dryRun ? { ...DONE, ...PLANNED } : DONE;
    for (const [op, count] of Object.entries(parts.changes) as [Op, number][]) {
      this.#out(`    ${SIGNS[op].padEnd(2)} ${count} ${verbs[op]}`);
    }
    this.#out(`Duration: ${parts.seconds.toFixed(1)}s`);
  }

  line(text: string): void {
    this.#out(text);
  }

  #took(key: string): string {
    const since = this.#began.get(key);
    return since === undefined ? "" : ` (${((Date.now() - since) / 1000).toFixed(1)}s)`;
  }
}

function shown(value: unknown): string {
  if (hasSecret(value)) return "[secret]";
  return hasUnknown(value) ? "[unknown]" : JSON.stringify(value);
}

/** Outputs of the stack among its resources. */
export function stackOutputs(resources: readonly Resource[]): Props {
  return resources.find((resource) => resource.type === STACK_TYPE && !resource.delete)?.outputs ?? {};
}
