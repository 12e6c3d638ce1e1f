// The process that poses as `pulumi`. Kept tiny: `version` is asked first by every driver and must be instant.
import { enableCompileCache } from "node:module";
import { engineVersion } from "./version.ts";

enableCompileCache();

const argv = process.argv.slice(2);
if (argv[0] === "version") {
  process.stdout.write(`${engineVersion}\n`);
} else {
  const { main } = await import("./commands/main.ts");
  process.exitCode = await main(argv);
  // A pipe takes long outputs only piece by piece: leave when all is written, and not before.
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  process.exit();
}
