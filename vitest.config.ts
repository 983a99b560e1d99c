import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/{unit,sim,fuzz,cli}/**/*.test.ts"],
    environment: "node",
    globalSetup: ["test/support/build.ts"],
  },
});

export default config;
