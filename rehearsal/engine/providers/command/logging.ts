import type { Props } from "../../values/values.ts";
import { optionalText } from "../fields.ts";
import type { Context } from "../provider.ts";

/** Passes on what a script prints, line by line and as it comes, as far as `logging` allows. */
export function outputLogger(
  inputs: Props,
  context: Context,
): (stream: "stdout" | "stderr", chunk: string) => void {
  const wanted = optionalText(inputs, "logging") ?? "stdoutAndStderr";
  const rest = { stdout: "", stderr: "" };
  return (stream, chunk) => {
    if (wanted !== stream && wanted !== "stdoutAndStderr") return;
    const lines = (rest[stream] + chunk).split("\n");
    rest[stream] = lines.pop() ?? "";
    for (const line of lines) context.log(line);
  };
}
