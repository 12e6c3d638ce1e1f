/** Which services of a project a command is about, and in which order. */
import type { Project } from "./project.ts";
import { failed } from "./refusal.ts";
import type { Service } from "./service.ts";

/**
 * The services named, or all whose profiles are asked for; those they depend on come with them, before them. Naming a
 * service asks for its profiles. @throws CommandFailure for unknown names and for circles
 */
export function selectServices(
  project: Project,
  names: readonly string[],
  options: { dependencies: boolean },
): Service[] {
  const ordered = new Map<string, Service>();
  const visit = (name: string, path: readonly string[]) => {
    if (path.includes(name)) throw failed(`dependency cycle detected: ${[...path, name].join(" -> ")}`);
    const service = project.services.get(name);
    if (!service) throw failed(`no such service: ${name}`);
    if (ordered.has(name)) return;
    const needed = options.dependencies ? Object.entries(service.dependsOn) : [];
    for (const [other, { required }] of needed) {
      if (required || project.services.has(other)) visit(other, [...path, name]);
    }
    ordered.set(name, service);
  };
  const wanted = names.length > 0 ? names : enabled(project);
  for (const name of wanted) visit(name, []);
  if (ordered.size === 0) throw failed("no service selected");
  return [...ordered.values()];
}

function enabled(project: Project): string[] {
  return [...project.services.values()]
    .filter(({ profiles }) => profiles.length === 0 || profiles.some((name) => project.profiles.has(name)))
    .map(({ name }) => name);
}
