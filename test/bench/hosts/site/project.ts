/** A copy of the product with an application of the bench's own: `app/` is read beside `stacks/`. */
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { repository } from "../../../../rehearsal/world/project.ts";
import { front, writeApplication } from "./application.ts";

/** Copies the product's sources into a folder that exists, and gives it an application of these services. */
export function copyProduct(directory: string, services: readonly string[]): void {
  for (const part of ["bin", "src", "infra", "stacks", "package.json", "Pulumi.yaml"])
    cpSync(join(repository, part), join(directory, part), { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"));
  writeApplication(directory, services);
}

/** Lets the world's project use the copy's program. */
export function useProduct(workDirectory: string, product: string): void {
  const stacks = join(workDirectory, "stacks");
  rmSync(stacks);
  symlinkSync(join(product, "stacks"), stacks);
}

/** Sets keys below `liftlock:` in a stack's file; what `undefined` is given for is taken out. Secrets that are not named stay. */
export function configure(
  workDirectory: string,
  stack: string,
  values: Readonly<Record<string, unknown>>,
): void {
  const file = join(workDirectory, `Pulumi.${stack}.yaml`);
  const document = parseDocument(readFileSync(file, "utf8"));
  for (const [path, value] of Object.entries(values)) {
    const [key = "", ...below] = path.split(".");
    const place = ["config", `liftlock:${key}`, ...below];
    if (value === undefined) document.deleteIn(place);
    else document.setIn(place, document.createNode(value));
  }
  writeFileSync(file, document.toString({ lineWidth: 0 }));
}

/** Both environments with this application; production behind an edge, its strategy left as it is. */
export function configureApplication(workDirectory: string, port: number): void {
  for (const stack of ["staging", "production"])
    configure(workDirectory, stack, {
      environment: { variables: { APP_ENV: stack, HTTP_PORT: String(port) } },
      // Nothing is waited for that no promotion has to wait for.
      health: { port, paths: ["/healthz"], timeout: 60, window: 0 },
    });
  configure(workDirectory, "production", {
    edge: {
      routes: [{ service: front, port: 8080 }],
      port,
      smoke: [{ service: front, path: "/version" }],
      drain: 2,
    },
  });
}
