/** The program as `pulumi up` starts it; the driver calls `program` itself. Both export the same outputs. */
import { RunError } from "@pulumi/pulumi";
import { asFailure } from "../src/release/failure.ts";
import { program } from "./program.ts";

/** What is wrong is told as the driver tells it: without the place in our code at which it was found. */
function declared() {
  try {
    return program();
  } catch (thrown) {
    const { code, message, hint } = asFailure(thrown);
    if (code === "Unexpected") throw thrown;
    throw new RunError([`${code}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])].join("\n"));
  }
}

export const { app, address, hosts, endpoints, deployed, jobs, access } = declared();
