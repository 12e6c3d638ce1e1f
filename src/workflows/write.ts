import { Document, isMap, isScalar, type Scalar, visit } from "yaml";
import type { Job, PinnedAction, Step, Workflow } from "./model.ts";

const banner = ["Generated from src/workflows by `npm run workflows`: change it there."];

const spell = ({ name, commit }: PinnedAction): string => `${name}@${commit}`;

const plainStep = (step: Step): unknown => ("uses" in step ? { ...step, uses: spell(step.uses) } : step);

const plainJob = ({ steps, ...job }: Job): unknown => ({
  ...job,
  // Scripts are bash with its strict options everywhere, also where a runner's default is another.
  defaults: { run: { shell: "bash" } },
  steps: steps.map(plainStep),
});

const actionsOf = ({ jobs }: Workflow): PinnedAction[] =>
  Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => ("uses" in step ? [step.uses] : [])));

/** Puts the release's name beside each pinned commit, where people and update bots look for it. */
function comment(document: Document, actions: readonly PinnedAction[]): void {
  const versions = new Map(actions.map((action) => [spell(action), action.version]));
  visit(document, {
    Pair(_, pair) {
      const { key, value } = pair as { key: Scalar; value: unknown };
      if (key.value !== "uses" || !isScalar(value)) return;
      const version = versions.get(String(value.value));
      if (version !== undefined) value.comment = ` ${version}`;
    },
  });
}

/** Blank lines between the parts of a file. */
function space(document: Document): void {
  const jobs = document.get("jobs");
  if (!isMap(document.contents) || !isMap(jobs)) return;
  for (const [i, { key }] of document.contents.items.entries()) if (i > 0) (key as Scalar).spaceBefore = true;
  for (const [i, { key }] of jobs.items.entries()) if (i > 0) (key as Scalar).spaceBefore = true;
}

/** A workflow as its file's text. No token may do anything unless a job says so. */
export function workflowText(workflow: Workflow): string {
  const { name, about, on, jobs } = workflow;
  const document = new Document(
    {
      name,
      on,
      permissions: {},
      jobs: Object.fromEntries(Object.entries(jobs).map(([id, job]) => [id, plainJob(job)])),
    },
    { aliasDuplicateObjects: false },
  );
  document.commentBefore = [...banner, ...about].map((line) => ` ${line}`).join("\n");
  comment(document, actionsOf(workflow));
  space(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
