import { describe, expect, it } from "vitest";
import { CommandFailure } from "../../../../rehearsal/host/docker/call.ts";
import { renderTemplate } from "../../../../rehearsal/host/docker/template.ts";

const value = {
  Id: "x",
  State: { Running: true, Health: { Status: "healthy" }, ExitCode: 0 },
  Config: { Labels: { "a.b": "l<&>" } },
};

describe("renderTemplate", () => {
  it.each([
    ["{{.Id}}", "x"],
    ["container {{ .Id }} {{.State.Health.Status}}", "container x healthy"],
    ["{{.State.Running}}/{{.State.ExitCode}}", "true/0"],
    ["{{json .State.Health}}", '{"Status":"healthy"}'],
    ['{{json (index .Config.Labels "a.b")}}', '"l<&>"'],
    ['{{index .Config.Labels "a.b"}}', "l<&>"],
    ['{{json (index .Config.Labels "none")}}', '""'],
    ["plain", "plain"],
  ])("%s", (template, result) => {
    expect(renderTemplate(template, value)).toBe(result);
  });

  it.each([
    "{{range .A}}{{end}}",
    "{{.None}}",
    "{{.State}}",
    "{{if .Id}}x{{end}}",
    "{{len .Id}}",
    "{{.State.None.X}}",
  ])("refuses %s", (template) => {
    expect(() => renderTemplate(template, value)).toThrow(CommandFailure);
  });
});
