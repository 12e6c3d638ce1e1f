/** Loaded before everything else: puts one mutant into the source it names, in this process only. */
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutants.ts";

const name = process.env["LIFTLOCK_MUTANT"];
const mutant = mutants.find((m) => m.name === name);
if (!mutant) throw new TypeError(`no mutant is called "${String(name)}"`);
const file = join(import.meta.dirname, "..", "..", mutant.file);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.startsWith("file:") || fileURLToPath(url) !== file) return loaded;
    const { source: bytes } = loaded;
    if (typeof bytes === "string" || bytes === undefined || bytes === null)
      throw new TypeError(`expected ${mutant.file} as bytes`);
    const source = new TextDecoder().decode(bytes);
    if (source.split(mutant.find).length !== 2)
      throw new TypeError(`expected "${mutant.find}" once in ${mutant.file}: the mutant no longer fits`);
    return { ...loaded, source: source.replace(mutant.find, mutant.replace) };
  },
});
