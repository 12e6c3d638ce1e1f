/** The program as `pulumi up` starts it; the driver calls `program` itself. Both export the same outputs. */
import { program } from "./program.ts";

export const { app, address, hosts, endpoints, deployed, jobs, access } = program();
