/** A repository of GitHub, as its API's paths name it. */
export interface Repository {
  owner: string;
  repo: string;
}

/** Of a stack's configuration, the repository that belongs to it. */
export const repositoryIn = ({ owner, name }: { owner: string; name: string }): Repository => ({
  owner,
  repo: name,
});
