import { defineConfig } from "vitest/config";

const ci = process.env["CI"] !== undefined;

export default defineConfig({
  test: {
    reporters: ci ? ["default", ["junit", { outputFile: "reports/junit.xml", suiteName: "blastlab" }]] : ["default"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["{kernel,gateway,simulators,scenarios,observer,bypass,lab,dashboards}/**/*.test.ts", "test/{*,soak/*,memory/*,own-gateway/*}.test.ts"], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: "live",
          include: ["test/live/**/*.test.ts", "test/conformance/**/*.test.ts", "test/failover/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
