/** The application that is measured: one service that the public asks, and others beside it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The service with a route. */
export const front = "web";

/** Six in all, with the front. */
export const six: readonly string[] = [front, "api", "worker", "search", "mail", "docs"];

/** Looks soon and often: what is measured is a deployment, not how long a health check waits. */
export const healthcheck = {
  test: ["CMD", "/app/serve", "--health"],
  interval: "5s",
  timeout: "2s",
  retries: 3,
  start_period: "10s",
  start_interval: "200ms",
};

/** Writes `app/` into a project. */
export function writeApplication(project: string, services: readonly string[]): void {
  const directory = join(project, "app");
  mkdirSync(directory, { recursive: true });
  const described = (name: string) => ({
    image: `ghcr.io/example/shop/${name}`,
    restart: "unless-stopped",
    environment: { APP_ENV: "${APP_ENV}" },
    healthcheck,
    ...(name === front && { ports: ["${HTTP_PORT}:8080"] }),
  });
  const compose = { services: Object.fromEntries(services.map((name) => [name, described(name)])) };
  // JSON is YAML.
  writeFileSync(join(directory, "compose.yaml"), `${JSON.stringify(compose, null, 2)}\n`);
  for (const environment of ["staging", "production"])
    writeFileSync(join(directory, `.env.${environment}.example`), "APP_ENV=\nHTTP_PORT=\n");
}
