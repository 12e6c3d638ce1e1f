import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { secretOptions } from "./access.ts";
import { type ProtectionArgs, rulesetOf } from "./protection.ts";

/** What belongs to the whole repository, and not to one environment: one stack declares it. */
export interface SharedArgs {
  variables: Readonly<Record<string, pulumi.Input<string>>>;
  /** Values that every job of the repository can read. */
  secrets: Readonly<Record<string, pulumi.Input<string>>>;
  protection?: ProtectionArgs | undefined;
  /** Public keys that may read the repository over SSH, or also write, by title. */
  keys: Readonly<Record<string, { key: string; write: boolean }>>;
  hooks: Readonly<
    Record<string, { url: string; events: string[]; secret: pulumi.Input<string>; active: boolean }>
  >;
}

/** Declares it. @param own where it belongs, and the provider that makes it */
export function declareShared(repository: string, args: SharedArgs, own: pulumi.CustomResourceOptions): void {
  for (const [variableName, value] of Object.entries(args.variables))
    new github.ActionsVariable(`shared-${variableName}`, { repository, variableName, value }, own);
  for (const [secretName, value] of Object.entries(args.secrets))
    new github.ActionsSecret(
      `shared-${secretName}`,
      { repository, secretName, value },
      { ...own, ...secretOptions },
    );
  if (args.protection)
    new github.RepositoryRuleset("shared-protection", rulesetOf(repository, args.protection), own);
  for (const [title, { key, write }] of Object.entries(args.keys))
    new github.RepositoryDeployKey(
      `shared-${title}`,
      { repository, title, key, readOnly: !write },
      // GitHub knows each key once: the old one has to go before it comes again, with other rights.
      { ...own, deleteBeforeReplace: true },
    );
  for (const [name, { url, events, secret, active }] of Object.entries(args.hooks))
    new github.RepositoryWebhook(
      `shared-${name}`,
      {
        repository,
        events,
        active,
        configuration: { url, contentType: "json", insecureSsl: false, secret: pulumi.secret(secret) },
      },
      // The address of a hook is often a secret in itself.
      { ...own, additionalSecretOutputs: ["configuration"] },
    );
}
