import { Failure } from "../release/failure.ts";
import { formatReference, type ImageReference, parseReference } from "../release/reference.ts";
import { type Release, referencesOf } from "../release/release.ts";

/** A repository: `ghcr.io` and `example/shop/api`. */
export type RepositoryName = Pick<ImageReference, "registry" | "repository">;

/** Where the images of a repository go in the next environment. What maps to itself stays where it is. */
export type RepositoryMapping = (from: RepositoryName) => RepositoryName;

/** A mapping as it is configured: names with `{placeholders}`, each for one part between slashes or within one. */
export interface MappingTemplate {
  /** `ghcr.io/{owner}/{app}-staging/{service}` */
  from: string;
  /** `ghcr.io/{owner}/{app}/{service}` */
  to: string;
}

const placeholder = /\{([a-z]+)\}/g;

const namesIn = (template: string): string[] =>
  [...template.matchAll(placeholder)].map(([, name = ""]) => name);

const invalid = (problem: string) =>
  new Failure({
    code: "ConfigInvalid",
    message: `the mapping of repositories: ${problem}`,
    hint: 'Write it as { from: "ghcr.io/{owner}/{app}-staging/{service}", to: "ghcr.io/{owner}/{app}/{service}" }.',
    fault: "user",
  });

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function split(name: string): RepositoryName {
  const slash = name.indexOf("/");
  return { registry: name.slice(0, slash), repository: name.slice(slash + 1) };
}

/**
 * A mapping from a template. Repositories that `from` does not describe map to themselves.
 * @throws Failure `ConfigInvalid` when `to` has a placeholder that `from` lacks, a placeholder comes twice, or there is no registry
 */
export function mappingOf({ from, to }: MappingTemplate): RepositoryMapping {
  const known = namesIn(from);
  const unknown = namesIn(to).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`"${to}" has {${unknown}}, which "${from}" does not`);
  if (new Set(known).size < known.length) throw invalid(`"${from}" has a placeholder twice`);
  for (const template of [from, to])
    if (!/^[^/]+\/[^/]/.test(template)) throw invalid(`expected registry/repository, got "${template}"`);
  const parts = from.split(placeholder);
  // Every second part is a placeholder's name.
  const source = parts.map((part, i) => (i % 2 === 1 ? `(?<${part}>[^/]+)` : escaped(part))).join("");
  const pattern = new RegExp(`^${source}$`);
  return (name) => {
    const groups = pattern.exec(`${name.registry}/${name.repository}`)?.groups;
    if (!groups) return name;
    return split(to.replace(placeholder, (_, key: string) => groups[key] ?? ""));
  };
}

/** The default: `<registry>/<owner>/<app>-staging/<service>` goes to `<registry>/<owner>/<app>/<service>`. */
export const stagingToProduction: RepositoryMapping = mappingOf({
  from: "{registry}/{owner}/{app}-staging/{service}",
  to: "{registry}/{owner}/{app}/{service}",
});

/** What maps every repository to itself: for an environment without a registry of its own. */
export const unmoved: RepositoryMapping = (name) => name;

/**
 * The same digests in the repositories that the mapping says.
 * @throws Failure `ConfigInvalid` when the mapping makes no repository's name
 */
export function mapRelease(release: Release, mapping: RepositoryMapping): Release {
  const images = Object.entries(referencesOf(release)).map(([service, source]) => {
    const text = formatReference({ ...mapping(source), digest: source.digest });
    const parsed = parseReference(text);
    if ("problem" in parsed) throw invalid(`makes "${text}" of ${service}'s image: ${parsed.problem}`);
    return [service, text];
  });
  return { ...release, images: Object.fromEntries(images) as Release["images"] };
}
