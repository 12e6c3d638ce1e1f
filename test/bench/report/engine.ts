import type { EngineFigures } from "../figures.ts";
import { seconds, table } from "./table.ts";

/** The engine alone, for people. */
export const describeEngine = (engine: EngineFigures): string => `
The engine alone, through the Automation API: tags, variables and local commands in turns; medians of 3.
${table([
  ["", "seconds"],
  ["preview, 15 resources to create", seconds(engine.preview15)],
  ["update, 15 resources unchanged", seconds(engine.noop15)],
  ["update, 100 resources unchanged", seconds(engine.noop100)],
  ["pulumi version", seconds(engine.commands.version)],
  ["pulumi stack output --show-secrets", seconds(engine.commands.output)],
])}
`;
