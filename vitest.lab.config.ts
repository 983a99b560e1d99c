import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

// Real hosts on one machine: the scenarios share its two cores, so one file runs at a time.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/lab/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
});

export default config;
