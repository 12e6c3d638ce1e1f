/** What runs in a container that is put under load, as text: its image has Node and nothing of this repository. */

/**
 * Answers its version: at once, or below `/slow` after 300 ms. Told to end it takes no more connections, ends what is under way, lets kept
 * connections go, and ends itself: how a service should. Everything else is as Node has it, idle connections that are closed after 5 s included.
 */
export const server = (version: string): string => `const { createServer } = require("node:http");
const version = ${JSON.stringify(version)};
let ending = false;
const server = createServer((request, response) => {
  if (ending) response.setHeader("connection", "close");
  if (request.url.startsWith("/slow")) setTimeout(() => response.end(version), 300);
  else response.end(version);
});
server.listen(8080);
process.on("SIGTERM", () => {
  ending = true;
  server.close(() => process.exit(0));
});
`;

/** The image's entry point, and its health check with `--health`. */
export const entry = `#!/bin/busybox sh
case \${1:-} in
  --health)
    printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' | /bin/busybox timeout 2 /bin/busybox nc 127.0.0.1 8080 |
      /bin/busybox grep -q '^HTTP/1.. 200'
    ;;
  *) exec /usr/bin/node /app/server.cjs ;;
esac
`;
