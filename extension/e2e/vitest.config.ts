import { defineConfig } from "vitest/config";

/** Purchases in a real browser: one at a time, since the machine's clock is part of what they show. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ["verbose"],
  },
});
