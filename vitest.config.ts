import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Whole worlds are started in some tests, and two cores shared by all of them: three, because much of it is waiting.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Long enough for a machine that does three other things; what is true sooner is seen sooner.
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 3,
    reporters: ["default"],
  },
});
