import { describe, expect, test } from "vitest";
import { writeComment } from "../../src/github/comment.ts";
import { keepIssue, type StandingIssue } from "../../src/github/issues.ts";
import { repository, type Scene, scene } from "./scene.ts";

const marker = "<!-- liftlock:preview:production -->";

async function pullRequest(): Promise<Scene & { number: number }> {
  const scenery = await scene();
  const { number } = scenery.state.openIssue({ title: "A change", body: "", labels: [], pull: true });
  return { ...scenery, number };
}

describe("the one comment", () => {
  test("is made, changed in place, and left alone when it says the same", async () => {
    const { github, state, requests, number } = await pullRequest();
    const write = (text: string) =>
      writeComment(github, repository, { number, marker, body: `${marker}\n${text}` });
    expect((await write("one")).action).toBe("created");
    expect((await write("two")).action).toBe("updated");
    expect((await write("two")).action).toBe("unchanged");
    const comments = [...(state.issues.get(number)?.comments.values() ?? [])];
    expect(comments.map(({ body }) => body)).toEqual([`${marker}\ntwo`]);
    expect(requests.count(/^(POST|PATCH)/)).toBe(2);
  });

  test("is found among many, and no comment that only quotes it is taken for it", async () => {
    const scenery = await pullRequest();
    const { github, number } = scenery;
    const path = `/repos/example/shop/issues/${number}/comments`;
    await scenery.ask("POST", path, { body: `> ${marker}` });
    for (let index = 0; index < 120; index++) await scenery.ask("POST", path, { body: `comment ${index}` });
    const write = (body: string) => writeComment(github, repository, { number, marker, body });
    expect((await write(`${marker}\none`)).action).toBe("created");
    expect((await write(`${marker}\ntwo`)).action).toBe("updated");
  });

  test("that is too long is refused, with the reason", async () => {
    const { github, number } = await pullRequest();
    const body = `${marker}${"x".repeat(65_536)}`;
    await expect(writeComment(github, repository, { number, marker, body })).rejects.toMatchObject({
      code: "GitHubRefused",
      message: expect.stringContaining("too long"),
    });
  });

  test("on a pull request that does not exist is refused", async () => {
    const { github } = await scene();
    await expect(
      writeComment(github, repository, { number: 99, marker, body: marker }),
    ).rejects.toMatchObject({ code: "GitHubRefused" });
  });
});

describe("the one issue of an environment", () => {
  const drift = "<!-- liftlock:drift:production -->";
  const issue = (body: string | undefined, more: Partial<StandingIssue> = {}): StandingIssue => ({
    marker: drift,
    title: "Drift in production",
    label: "drift",
    ...(body !== undefined && { body }),
    closing: "Nothing differs any more.",
    ...more,
  });

  test("is opened, changed in place, left alone, closed with a word; and opened anew", async () => {
    const { github, state } = await scene();
    const keep = async (body: string | undefined) =>
      (await keepIssue(github, repository, issue(body))).action;
    const actions: string[] = [];
    for (const body of [undefined, "one", "one", "two", undefined, undefined, "three"])
      actions.push(await keep(body));
    expect(actions).toEqual(["none", "opened", "unchanged", "updated", "closed", "none", "opened"]);
    const [first, second] = state.issues.values();
    expect([first?.state, second?.state]).toEqual(["closed", "open"]);
    expect([...(first?.comments.values() ?? [])].map(({ body }) => body)).toEqual([
      "Nothing differs any more.",
    ]);
    expect(second?.body).toBe(`${drift}\nthree`);
  });

  test("is not that of another environment, nor a person's with the same label", async () => {
    const { github, state } = await scene();
    state.openIssue({ title: "Drift?", body: "what is it", labels: ["drift"], pull: false });
    await keepIssue(github, repository, issue("here"));
    await keepIssue(github, repository, issue("there", { marker: "<!-- liftlock:drift:staging -->" }));
    expect(state.issues.size).toBe(3);
    await keepIssue(github, repository, issue(undefined));
    expect([...state.issues.values()].map(({ state: now }) => now)).toEqual(["open", "closed", "open"]);
  });
});
