import { z } from "zod";
import type { Notification } from "../../src/notify/notification.ts";
import type { Delivered } from "../../src/notify/notifier.ts";
import { type NotifyConfig, notifyIn } from "../../src/notify/schema.ts";

export const notification = (change: Partial<Notification> = {}): Notification => ({
  app: "shop",
  promotion: "20260107T1448-abc123",
  transition: "completed",
  environment: "production",
  release: { id: "3f2c9ab01234", version: "1.6.1" },
  previous: { id: "77d0c1a2b3c4", version: "1.6.0" },
  who: "octo-dev",
  at: new Date("2026-01-07T14:48:00Z"),
  ...change,
});

/** A record of what was told, in memory. */
export function memory(): Delivered & { keys: Set<string> } {
  const keys = new Set<string>();
  return { keys, has: (key) => keys.has(key), add: (key) => void keys.add(key) };
}

export const config = (input: object): NotifyConfig => notifyIn(z.string().min(1)).parse(input);
