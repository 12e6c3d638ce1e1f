/** The house's import rules (docs/architecture.md): imports run one way, and the rehearsal world stays an independent witness. */
const rule = (name, from, to, comment) => ({
  name,
  severity: "error",
  comment,
  from: { path: from },
  to: { path: to },
});

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    rule(
      "release-is-the-bottom",
      "^src/release",
      "^(src/(?!release)|infra|stacks|rehearsal)",
      "release imports nothing of ours",
    ),
    rule(
      "plan-is-pure",
      "^src/plan",
      "^(src/(?!plan|release)|infra|stacks|rehearsal)",
      "plan imports release only",
    ),
    rule(
      "plan-has-no-effects",
      "^src/(plan|release)",
      "^(node:)?(fs|net|http|https|child_process|tls|dgram)(/|$)",
      "no effects in pure parts",
    ),
    rule(
      "edges-know-ports",
      "^src/(hosts|health|registry|trust|ledger|notify|github)",
      "^(src/(automation|cli)|infra|stacks|rehearsal)",
      "edges import plan and release",
    ),
    rule(
      "automation-below-cli",
      "^src/automation",
      "^(src/cli|rehearsal)",
      "the driver knows no command line",
    ),
    rule(
      "infra-knows-release",
      "^infra",
      "^(src/(?!release)|stacks|rehearsal)",
      "infra imports Pulumi and release",
    ),
    rule(
      "stacks-know-infra",
      "^stacks",
      "^(src/(?!release|plan|trust/policy.ts|notify/schema.ts)|rehearsal)",
      "stacks import infra, release, and the schemas of what the driver is configured with",
    ),
    rule(
      "product-knows-no-rehearsal",
      "^(src|infra|stacks|bin)",
      "^rehearsal",
      "nothing of the product imports the rehearsal",
    ),
    rule(
      "witness-is-independent",
      "^rehearsal",
      "^(src|infra|stacks)",
      "the rehearsal speaks wire protocols only",
    ),
    rule("effects-in-one-place", "^src/(?!hosts)", "node_modules/ssh2", "SSH is spoken by hosts only"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js", ".json"] },
  },
};
