import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: { include: ["test/{unit,sim,fuzz,cli}/**/*.test.ts"], environment: "node" },
});

export default config;
