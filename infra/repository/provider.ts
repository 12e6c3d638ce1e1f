import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";

/**
 * Speaks to GitHub for one owner: as whom the stack's configuration says (`github:token`), else as the environment of the engine does
 * (`GITHUB_TOKEN`). The package's class would write the latter into the state, in the clear and as a change of the provider in every run of a
 * workflow, whose token is a new one each time; the provider finds it by itself.
 */
export function gitHubProvider(name: string, owner: string, parent: pulumi.Resource): github.Provider {
  // A provider of our own is not told what the configuration says to the default one.
  const token = new pulumi.Config("github").getSecret("token");
  const withoutToken: pulumi.ResourceTransformation = ({ props, opts }) => {
    const { token: _fromEnvironment, ...others } = props as Record<string, unknown>;
    return { props: others, opts };
  };
  return token
    ? new github.Provider(name, { owner, token }, { parent })
    : new github.Provider(name, { owner }, { parent, transformations: [withoutToken] });
}
