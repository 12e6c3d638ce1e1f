import * as pulumi from "@pulumi/pulumi";
import { type AccessArgs, declareAccess } from "./repository/access.ts";
import { gitHubProvider } from "./repository/provider.ts";
import { declareShared, type SharedArgs } from "./repository/shared.ts";

export interface RepositoryAccessArgs extends AccessArgs {
  owner: string;
  repository: string;
  /** Name of the GitHub environment that belongs to this stack. */
  environment: string;
  /** Further GitHub environments that this stack declares, by name. */
  environments: Readonly<Record<string, AccessArgs>>;
  /** What belongs to the whole repository; in one stack only. */
  shared?: SharedArgs | undefined;
}

/** What workflows of a repository may do and know in one environment; and, in one stack, what protects the repository. */
export class RepositoryAccess extends pulumi.ComponentResource {
  constructor(name: string, args: RepositoryAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("liftlock:infra:RepositoryAccess", name, {}, opts);
    const provider = gitHubProvider(`${name}-github`, args.owner, this);
    const own = { parent: this, provider };
    const { repository, environment, environments, shared } = args;
    for (const [each, access] of Object.entries({ ...environments, [environment]: args }))
      declareAccess(repository, each, access, own);
    if (shared) declareShared(repository, shared, own);
    this.registerOutputs({});
  }
}
