import { local } from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";

/** A small mix: a tag at DigitalOcean, a variable at GitHub and a local command, in turns; and a secret output. */
export const mixed = (resources: number) => async () => {
  for (let index = 0; index < resources; index++) {
    const name = `bench-${resources}-${index}`;
    if (index % 3 === 0) new digitalocean.Tag(name, { name });
    else if (index % 3 === 1)
      new github.ActionsVariable(name, {
        repository: "shop",
        variableName: `BENCH_${resources}_${index}`,
        value: String(index),
      });
    else new local.Command(name, { create: "true" });
  }
  return { secret: pulumi.secret("opened with the stack's key") };
};
