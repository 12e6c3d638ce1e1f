/** A host is lost in the middle of a promotion: real droplets in miniature, which lose their power or their network. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerHost } from "../../rehearsal/host/container/container-host.ts";
import type { Event } from "../bench/hosts/site/command.ts";
import { Droplets } from "../bench/hosts/site/droplets.ts";
import { onContainers, whyNot } from "../rehearsal/host/container/enabled.ts";

onContainers();

/** The engine gives up on a host that does not answer after ten tries of 15 s; on the way back once more. */
const long = 900_000;

const isLost = ({ event, step }: Event) => event === "step.started" && step === "deploy";

describe("a host that is lost in the middle of a promotion", () => {
  let droplets: Droplets;
  beforeAll(async () => {
    if (whyNot !== undefined) return;
    droplets = await Droplets.start();
    await droplets.scale(2);
    await droplets.stageNew("small");
    await droplets.promote();
  }, long);
  afterAll(() => droplets?.[Symbol.asyncDispose](), long);

  /** Which release a host answers with; `undefined` when it does not, or says that it cannot. */
  const answer = async ({ droplet }: ContainerHost): Promise<string | undefined> => {
    const response = await fetch(`http://${droplet.address}/version`, {
      signal: AbortSignal.timeout(2000),
    }).catch(() => undefined);
    return response?.ok ? response.text() : undefined;
  };

  /** The second host goes as soon as releases begin to change; what it answers is written down from its return on. */
  async function loseDuringPromotion(
    lose: (host: ContainerHost) => Promise<void>,
    giveBack: (host: ContainerHost) => Promise<void>,
  ) {
    const [first, second] = droplets.hosts;
    if (!first || !second) throw new TypeError("expected two hosts");
    const before = await answer(first);
    await droplets.stageNew("small");
    let lost: Promise<void> | undefined;
    const ran = await droplets.liftlock(["promote"], "", {
      // The promotion fails: how is what is asked here.
      exit: [1, 4],
      onEvent: (event) => {
        if (isLost(event)) lost ??= lose(second);
      },
    });
    await lost;
    const finished = ran.events.findLast(({ event }) => event === "promotion.finished");
    const onFirst = await answer(first);
    const answers = new Set<string | undefined>();
    let watching = true;
    const watched = (async () => {
      for (; watching; await sleep(50)) answers.add(await answer(second));
    })();
    await giveBack(second);
    const resumed = await droplets.liftlock(["resume", "production"], "", { exit: [0, 4] });
    await sleep(500);
    const onSecond = await answer(second);
    watching = false;
    await watched;
    return { before, finished, onFirst, onSecond, answers, resumed };
  }

  const cases: [string, Parameters<typeof loseDuringPromotion>][] = [
    [
      "power",
      [
        (host) => droplets.world.hosts.powerOff(host.droplet.id),
        (host) => droplets.world.hosts.powerOn(host.droplet.id),
      ],
    ],
    ["network", [(host) => host.cutOff(), (host) => host.reconnect()]],
  ];

  test.each(cases)(
    "%s: the others serve the old release, and so does it from its return on",
    {
      timeout: long,
    },
    async (_, [lose, giveBack]) => {
      const { before, finished, onFirst, onSecond, answers, resumed } = await loseDuringPromotion(
        lose,
        giveBack,
      );
      expect(before).toBeDefined();
      expect(finished).toMatchObject({ status: "Failed", backReason: { code: "RollbackIncomplete" } });
      expect(onFirst).toBe(before);
      // The promotion has ended; what is pinned is put in place once more, on the host that has returned too.
      expect(resumed.events.findLast(({ event }) => event === "promotion.finished")).toMatchObject({
        status: "Completed",
      });
      // At no moment was anybody answered by the release that was not proven there.
      expect([...answers].filter((version) => version !== undefined)).toEqual([before]);
      expect(onSecond).toBe(before);
      // And the way forward is open.
      await droplets.stageNew("small");
      expect((await droplets.promote()).finished.status).toBe("Completed");
      expect(await Promise.all(droplets.hosts.map(answer))).not.toContain(before);
    },
  );
});
