import { verifyEnvironment } from "../../../infra/environmentFile.ts";
import { engineFailure } from "../../../src/automation/engine.ts";
import { overridesOf } from "../../../src/cli/options.ts";
import { corrupted, inProgress, leaseLost, tooNew } from "../../../src/ledger/refusals.ts";
import { corrupted as corruptedImage } from "../../../src/registry/refusals.ts";
import { referencesOf } from "../../../src/release/release.ts";
import { parseConfig } from "../../../stacks/config.ts";
import { parseEnvironment } from "../../../stacks/environments.ts";
import { ago, next, promotion, starter } from "./story.ts";
import { said } from "./told.ts";

const file = "Pulumi.production.yaml";
const journal = "file:///var/lib/liftlock/.liftlock/production/journal.jsonl";

const configuration = {
  "liftlock:app": "shop",
  "liftlock:flet": { size: 2 },
  "liftlock:fleet": { region: "fra1", operators: ["203.0.113.0/24"], ports: [80, "all"] },
  "liftlock:ssh": { privateKey: { secure: "v1:…" }, hostKeySeed: { secure: "v1:…" } },
};

const compose = {
  text: "",
  services: ["api"],
  jobs: [],
  stateful: [],
  published: [],
  volumes: [],
  required: ["PUBLIC_URL"],
  optional: [],
};

const holder = {
  id: "1",
  user: "octo-dev",
  machine: "ci-7",
  pid: 4711,
  born: "1",
  promotion,
  since: ago(60).toISOString(),
  renewed: ago(5).toISOString(),
  fence: 45,
};

/** What bad input, the ledger and other drivers lead to. */
export const inputExamples = {
  UsageInvalid: said(() => overridesOf({ actor: starter }, { override: ["soka"], reason: "a hotfix" })),
  ConfigInvalid: said(() => parseConfig(configuration, file, "file")),
  EnvironmentVariables: said(() =>
    verifyEnvironment({
      compose,
      template: { text: "PUBLIC_URL=\n", place: "app/.env.production.example" },
      configured: ["PUBLIC_URLS"],
      place: file,
    }),
  ),
  StackUnknown: said(() => parseEnvironment("prod")),
  PassphraseMissing: said(() => engineFailure("error: passphrase must be set", "stack select")),
  ReleaseInvalid: said(() => referencesOf({ ...next, images: { api: "ghcr.io/example/shop/api:latest" } })),
  PromotionInProgress: said(() => inProgress("production", holder)),
  ImageCorrupted: said(() =>
    corruptedImage("ghcr.io/example/shop/api", "its manifest is not an image's or an index's"),
  ),
  LedgerUnavailable: said(() => tooNew(journal)),
  LedgerCorrupted: said(() =>
    corrupted("production", `${journal} line 12`, "edited: its hash is not that of what it says"),
  ),
  LeaseLost: said(() => leaseLost("production", "this driver's lease has number 45, the newest one has 46")),
  Unexpected: said(() => {
    throw new TypeError("fetch is not a function");
  }),
};
