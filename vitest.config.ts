import { availableParallelism } from "node:os";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ci = process.env["CI"] !== undefined;

/**
 * Workers and the processes that tests start read what an earlier one compiled: half the processor time of a short
 * process.
 */
process.env["NODE_COMPILE_CACHE"] ??= path.join(import.meta.dirname, "node_modules/.cache/blastlab/compile");

/** Vitest leaves one core to itself, and so would run one file at a time on two. */
const maxWorkers = Math.max(availableParallelism() - 1, 2);

const isWholeRun = ({ moduleId }: TestSpecification) => path.relative(import.meta.dirname, moduleId).startsWith("test/");

/** Files of whole runs take longest. Started last, one of them would keep one worker busy alone at the end. */
class WholeRunsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isWholeRun), ...sorted.filter((file) => !isWholeRun(file))];
  }
}

/**
 * Tests that leave nothing behind in their process, so a worker keeps the modules that it has loaded. Those of cores do
 * so by construction.
 */
const cores = [
  "{kernel,scenarios}/**/*.test.ts",
  "**/{core,dialects}/**/*.test.ts",
  "gateway/{config,contract}/**/*.test.ts",
  "observer/{measure,view}/**/*.test.ts",
  "lab/{plan,import,report,virtual}/**/*.test.ts",
];

/** Live tests of which nothing depends on how late or slow a run is, so several files run at once. */
const unhurried = [
  "test/live/{break-glass,conductor,conductor-kill,control,dashboard,dashboards,data-plane-kill,full-disk,isolation}.test.ts",
  "test/live/{live-page,own-gateway,packages,part-death,redis,refusals,run-secrets,secrets,undo-failure,vault}.test.ts",
  "test/failover/broken-live.test.ts",
  "test/conformance/**/*.test.ts",
];

export default defineConfig({
  test: {
    // For a slow machine that others use as well. The longest tests outside test/live need 15 s of two free cores, and
    // only one that hangs takes this long.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 90_000 } },
    reporters: ci ? ["default", ["junit", { outputFile: "reports/junit.xml", suiteName: "blastlab" }]] : ["default"],
    sequence: { sequencer: WholeRunsFirst },
    projects: [
      {
        extends: true,
        test: { name: "cores", include: cores, exclude: ["test/**", "**/node_modules/**"], isolate: false, maxWorkers },
      },
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{gateway,simulators,observer,bypass,lab,dashboards}/**/*.test.ts", "test/{*,soak/*,memory/*,live-page/*,own-gateway/*,failover/*,library/*,worth/*,league/*}.test.ts"],
          exclude: [...cores, "test/failover/*-live.test.ts"],
          maxWorkers,
        },
      },
      {
        extends: true,
        test: { name: "processes", include: unhurried, testTimeout: 600_000, maxWorkers: 3, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: "live",
          include: ["test/live/**/*.test.ts", "test/failover/*-live.test.ts"],
          exclude: unhurried,
          fileParallelism: false,
          testTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
