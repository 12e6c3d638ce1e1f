import { configSchema } from "../../stacks/schema.ts";
import { type GitHub, gitHubFrom } from "../github/client.ts";
import { type ReleaseNotes, releaseNotes } from "../github/releaseNotes.ts";
import { repositoryIn } from "../github/repository.ts";
import type { MigrationFinding } from "../migrations/review.ts";
import type { GateVerdict } from "../plan/gates/gate.ts";
import { type PolicyVerdict, policyRefusal } from "../plan/policy/judge.ts";
import { judgePreview, type Preview } from "../plan/preview.ts";
import { type FleetShape, monthlyPrice } from "../plan/prices.ts";
import type { Reason } from "../plan/promotion.ts";
import { asFailure } from "../release/failure.ts";
import { type Release, releaseId } from "../release/release.ts";
import type { DriverContext } from "./context.ts";
import { reviewMigrations } from "./migrations.ts";
import { policyOf } from "./policy.ts";
import type { Target } from "./ports.ts";
import { previewGates } from "./previewGates.ts";
import { runPage, variablesOf } from "./telling.ts";

/** What was held against the preview. */
export interface PreviewCheck {
  /** What was asked, in a few words. */
  name: string;
  /** Why it would be refused; absent: it passed. */
  refusal?: Reason;
  /** What was found, when it passed. */
  detail?: string;
}

/** What a fleet is and costs. */
export interface FleetCost extends FleetShape {
  /** US dollars a month; absent for a size whose price is not known. */
  dollars?: number;
}

/** What an update of an environment to what this checkout says would do. */
export interface PreviewReport {
  environment: string;
  app: string;
  /** Absent when it could not be made: then a check says why. */
  preview?: Preview;
  checks: PreviewCheck[];
  /** Each rule of the infrastructure's policy, held against the preview; without one, against what is written. */
  policy: PolicyVerdict[];
  /** What the migrations of the checkout do to the release that still runs. */
  migrations: MigrationFinding[];
  /** How the gates would judge a deployment of the release now; empty where none would come. */
  gates: GateVerdict[];
  /** What runs, and what the checkout says; absent where there is none. */
  release: { before?: Release; after?: Release };
  /** `https://github.com/example/shop`, where a repository is configured. */
  repository?: string;
  /** Of the releases that come, newest first; empty when there are none, or GitHub was not asked. */
  notes: ReleaseNotes[];
  cost: { before?: FleetCost; after: FleetCost };
  /** The workflow run that made it, where its artifacts are. */
  page?: string;
}

/** What a release's images, or what is not one, would be refused for. */
async function checked(name: string, act: () => Promise<string>): Promise<PreviewCheck> {
  try {
    return { name, detail: await act() };
  } catch (thrown) {
    const { code, message, hint } = asFailure(thrown);
    return { name, refusal: { code, message, ...(hint !== undefined && { hint }) } };
  }
}

/** The preview of the checkout's own configuration file, or why there is none. */
async function previewed(
  context: DriverContext,
  target: Target,
): Promise<{ preview: Preview } | { refusal: Reason }> {
  try {
    await using underWay = context.workspace.preview(target.name, target.file.draft(target.file.pin()));
    return { preview: await underWay.result };
  } catch (thrown) {
    const { code, message, hint } = asFailure(thrown);
    if (code === "PreviewFailed" || code === "UnsafeChange")
      return { refusal: { code, message, ...(hint !== undefined && { hint }) } };
    throw thrown;
  }
}

const fleetSchema = configSchema("file").shape.fleet;

function costOf(fleet: FleetShape): FleetCost {
  const { size, dropletSize, loadBalancer } = fleet;
  const dollars = monthlyPrice(fleet);
  return { size, dropletSize, loadBalancer, ...(dollars !== undefined && { dollars }) };
}

/** The fleet of the last update, as the stack's history tells it. */
async function fleetBefore(target: Target): Promise<FleetCost | undefined> {
  const [last] = await target.updates(1);
  const value = last?.config["liftlock:fleet"]?.value;
  const parsed = value === undefined ? undefined : fleetSchema.safeParse(JSON.parse(value));
  return parsed?.success ? costOf(parsed.data) : undefined;
}

/** A pin that is older than what the hosts ran last is refused by them. */
function judgePin(target: Target): PreviewCheck {
  const { deployed } = target.outputs;
  const { attempt } = target.file.pin().rollout;
  if (!deployed || attempt >= deployed.attempt)
    return { name: "the pin is not older than what runs", detail: `attempt ${attempt}` };
  return {
    name: "the pin is not older than what runs",
    refusal: {
      code: "StalePin",
      message: `${target.file.name} says attempt ${attempt}, the stack has deployed ${deployed.attempt}`,
      hint: `liftlock pin ${target.name} --from-stack`,
    },
  };
}

/** Notes of what comes. Not to know them must not keep the preview from being shown. */
async function notesOf(
  context: DriverContext,
  target: Target,
  github: GitHub | undefined,
  [before, after]: readonly [Release | undefined, Release | undefined],
): Promise<ReleaseNotes[]> {
  const { repository } = target.config;
  if (!github || !repository || !before || !after || releaseId(before) === releaseId(after)) return [];
  try {
    return await releaseNotes(github, repositoryIn(repository), before.version, after.version);
  } catch (thrown) {
    const message = `the release notes are not known: ${asFailure(thrown).message}`;
    context.notify({ code: "warning", payload: { message } });
    return [];
  }
}

/**
 * What an update of the environment to what this checkout says would do, and what speaks against it. Touches nothing.
 * @param since of the migrations only those that changed since this commit or branch; default all
 * @throws Failure `StackUnknown`, `ConfigInvalid`, `PassphraseMissing` and others that keep it from being looked at
 */
export async function previewEnvironment(
  context: DriverContext,
  environment: string,
  since?: string,
): Promise<PreviewReport> {
  context.workspace.input(environment);
  using target = await context.workspace.open(environment);
  const { file, outputs, config } = target;
  const { release, candidate } = file.pin();
  const before = outputs.deployed?.release;
  const after = candidate ?? release;
  const variables = variablesOf(context);
  context.secrets.add(variables["GITHUB_TOKEN"]);
  const comes = after && (!before || releaseId(before) !== releaseId(after)) ? after : undefined;
  const [result, images, gates, fleet, notes, migrations] = await Promise.all([
    previewed(context, target),
    comes && checked("its images are whole, signed and clean", () => target.images.verify(comes)),
    comes ? previewGates(context, target, comes, before) : [],
    fleetBefore(target),
    notesOf(context, target, gitHubFrom(variables, 5_000), [before, after]),
    reviewMigrations(context.workDirectory, config.migration.files, since),
    target.learnSecrets(),
  ]);
  const refusal = "preview" in result ? judgePreview(result.preview) : result.refusal;
  const policy = policyOf(context, target, "preview" in result ? result.preview : undefined);
  const broken = policyRefusal(policy);
  const page = runPage(variables);
  const server = variables["GITHUB_SERVER_URL"] || "https://github.com";
  const report: PreviewReport = {
    environment: target.name,
    app: outputs.app,
    ...("preview" in result && { preview: result.preview }),
    checks: [
      { name: "nothing stateful is replaced or deleted", ...(refusal && { refusal }) },
      { name: "no rule of the policy is broken by it", ...(broken && { refusal: broken }) },
      judgePin(target),
      ...(images ? [images] : []),
    ],
    policy,
    migrations,
    gates,
    release: { ...(before && { before }), ...(after && { after }) },
    ...(config.repository && {
      repository: `${server}/${config.repository.owner}/${config.repository.name}`,
    }),
    notes,
    cost: { ...(fleet && { before: fleet }), after: costOf(config.fleet) },
    ...(page !== undefined && { page }),
  };
  // Masked before it is rendered: what Markdown needs escaped would hide a secret from the mask.
  return context.secrets.maskAll(report);
}
