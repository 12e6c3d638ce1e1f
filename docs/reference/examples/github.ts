import { refusedBy, unavailable } from "../../../src/github/refusals.ts";
import { said, written } from "./told.ts";

const issues = "POST /repos/example/shop/issues";

/** What the GitHub side says. */
export const githubExamples = {
  GitHubUnavailable: said(() => unavailable(issues, "it answered 503: No server is currently available")),
  GitHubRefused: said(() =>
    refusedBy(issues, {
      status: 403,
      headers: { "x-accepted-github-permissions": "issues=write" },
      message: "Resource not accessible by integration",
    }),
  ),
  // Held against the sources by `npm run check:docs`.
  VersionUnknown: written({
    code: "VersionUnknown",
    message:
      'expected the version of a release that an environment knows of, got "1.5.0"; there is 1.6.1, 1.6.0',
    hint: "liftlock releases   (a release that was only built comes with --release FILE)",
  }),
  CleanupRefused: written({
    code: "CleanupRefused",
    message:
      "expected to read what production needs, so that it stays: shop-production-2 does not answer over SSH",
    hint: "liftlock status production",
  }),
};
