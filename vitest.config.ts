import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/{unit,sim,fuzz,cli}/**/*.test.ts"], environment: "node" },
});
