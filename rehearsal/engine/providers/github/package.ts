import type { Package } from "../provider.ts";
import { baseUrlOf } from "./client.ts";
import { deploymentPolicy, repositoryEnvironment } from "./environments.ts";
import { getRepository, getUser } from "./functions.ts";
import { repositoryDeployKey } from "./keys.ts";
import { repositoryRuleset } from "./rulesets.ts";
import { actionsEnvironmentSecret, actionsSecret } from "./secrets.ts";
import { actionsEnvironmentVariable, actionsVariable } from "./variables.ts";
import { repositoryWebhook } from "./webhooks.ts";

/** `@pulumi/github`, as far as a rehearsal goes. */
export const github: Package = {
  verify: (config) => void baseUrlOf(config),
  resources: {
    "github:index/actionsSecret:ActionsSecret": actionsSecret,
    "github:index/actionsVariable:ActionsVariable": actionsVariable,
    "github:index/repositoryEnvironment:RepositoryEnvironment": repositoryEnvironment,
    "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy":
      deploymentPolicy,
    "github:index/repositoryRuleset:RepositoryRuleset": repositoryRuleset,
    "github:index/repositoryDeployKey:RepositoryDeployKey": repositoryDeployKey,
    "github:index/repositoryWebhook:RepositoryWebhook": repositoryWebhook,
    "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret": actionsEnvironmentSecret,
    "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": actionsEnvironmentVariable,
  },
  functions: {
    "github:index/getRepository:getRepository": getRepository,
    "github:index/getUser:getUser": getUser,
  },
};
