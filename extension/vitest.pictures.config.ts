import { defineConfig } from "vitest/config";

/** What needs a real browser: pictures, accessibility, keys and pointer. Kept apart, so that the pure tests stay quick. */
export default defineConfig({
  test: {
    include: ["tests/**/*.browser.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
