import type { Objection, PolicyFacts } from "./facts.ts";

/** Words of a name that say that its value is nobody's business. */
const words =
  /(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|SECRET|SECRETS|TOKEN|CREDENTIAL|CREDENTIALS|APIKEY|PRIVATEKEY|(?:API|ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION|MASTER|AUTH|SSH)_KEY)(?:_|$)/;

/** What follows such a word when the value is about a secret and none itself: where it lies, how long it lives. */
const about =
  /_(?:FILE|PATH|URL|URI|TTL|EXPIRY|EXPIRES|LIFETIME|SECONDS|LENGTH|NAME|ID|ISSUER|AUDIENCE|HEADER)$/;

/** Forms of values that are secrets under any name. https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats */
const forms: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/^gh[pousr]_[A-Za-z0-9]{36,}$|^github_pat_\w{20,}$/, "a token of GitHub's"],
  [/^do[opr]_v1_[0-9a-f]{64}$/, "a token of DigitalOcean's"],
  [/^(?:AKIA|ASIA)[A-Z0-9]{16}$/, "a key of AWS's"],
  [/^xox[abprs]-[\w-]{10,}$/, "a token of Slack's"],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@$]+@/i, "an address with a password in it"],
];

/** Values that everybody may read, and that look as if nobody should. The value itself is never repeated. */
export const plainSecrets = ({ variables }: PolicyFacts): Objection[] =>
  Object.entries(variables).flatMap(([name, value]) => {
    if (value === "") return [];
    const [, form] = forms.find(([pattern]) => pattern.test(value)) ?? [];
    const named = words.test(name) && !about.test(name);
    if (form === undefined && !named) return [];
    const why = form === undefined ? "by its name it is a secret" : `it holds ${form}`;
    return [
      {
        subject: name,
        message: `${why}, and is written in the clear; move it: pulumi config set --secret --path liftlock:environment.secrets.${name}`,
      },
    ];
  });
