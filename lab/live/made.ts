import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import path from "node:path";
import { componentsOf } from "../../kernel/topology.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { Machine, RunMade } from "../../kernel/run-made.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { labVersion } from "../version.ts";

export interface MadeOptions {
  readonly harness: RunMade["harness"];
  readonly plan: Plan;
  readonly stack: Pick<Stack, "gateway" | "external" | "containers">;
  readonly parts: RunMade["parts"];
  /** Absent: a control, which is played with its run. */
  readonly replay?: string;
}

/** Writes `made.json` into a run directory that was just made. */
export async function writeMade(directory: string, options: MadeOptions): Promise<void> {
  await writeFile(path.join(directory, "made.json"), `${JSON.stringify(madeOf(options), null, 1)}\n`);
}

function madeOf({ harness, plan, stack, parts, replay }: MadeOptions): RunMade {
  const live = harness === "live";
  return {
    schema: "blastlab.made/1",
    harness,
    blastlab: labVersion(),
    node: process.versions.node,
    machine: live ? machine() : null,
    startedAt: live ? new Date().toISOString() : null,
    system: systemText(plan, stack),
    parts,
    ...(replay !== undefined && { replay }),
    settings: flattened(stack.gateway),
  };
}

/** An external gateway's keys and headers stay out of it. */
function systemText(plan: Plan, { external, containers }: MadeOptions["stack"]): string {
  const gateways = componentsOf(plan, "gateway").length;
  if (external === undefined) return `reference gateway, ${gateways} ${gateways === 1 ? "process" : "processes"}${containers ? ", each component in a container" : ""}`;
  return `external gateway at ${external.url}${external.command === undefined ? "" : `, started by the lab (${external.command.program})`}`;
}

function machine(): Machine {
  const [cpu] = cpus();
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

/** Maps by dotted path; lists and values as JSON. */
function flattened(settings: Readonly<Record<string, unknown>>, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): readonly (readonly [string, string])[] => {
      const isMap = typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
      return isMap ? Object.entries(flattened(value as Readonly<Record<string, unknown>>, `${prefix}${name}.`)) : [[`${prefix}${name}`, JSON.stringify(value)]];
    }),
  );
}
