import type { KnownRelease, ReleasePlace } from "../../automation/releases.ts";

/** What is said of a release in one environment, in a few words. */
function placeText({ environment, presence, verified, tests, vetoed }: ReleasePlace): string {
  const since =
    verified === undefined ? "never verified" : `verified ${verified.slice(0, 16).replace("T", " ")}`;
  const words = [
    presence === "was" ? since : `${presence}, ${since}`,
    ...(tests ? [`tests ${tests}`] : []),
    ...(vetoed === undefined ? [] : [`VETOED: ${vetoed}`]),
  ];
  return `${environment.padEnd(12)} ${words.join(", ")}`;
}

/** The releases that there are, the newest first, each with its environments below. Times are UTC. */
export function releasesText(releases: readonly KnownRelease[], known: number): string {
  if (releases.length === 0) return "No release yet.   liftlock deploy staging --release release.json";
  const entries = releases.map(({ version, id, commit, createdAt, places }) =>
    [
      `${version.padEnd(14)} ${id}  commit ${commit.slice(0, 7)}, built ${createdAt.slice(0, 16).replace("T", " ")}`,
      ...places.map((place) => `    ${placeText(place)}`),
    ].join("\n"),
  );
  const more = known > releases.length ? [`and ${known - releases.length} older: --limit ${known}`] : [];
  return [...entries, ...more, "Bring one:  liftlock deploy <environment> --version <version>"].join("\n");
}
