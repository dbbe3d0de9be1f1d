import path from "node:path";
import { paintFor } from "../../board/paint.ts";
import { virtualInputs } from "../../conductor/virtual/virtual-inputs.ts";
import { chooseParts } from "../../live/parts.ts";
import { checkRun } from "../../live/prepare.ts";
import { resolveRun, type RunInputs } from "../../plan/resolve-run.ts";
import { planText } from "../../report/plan-text.ts";
import { checkVirtual } from "../../virtual/check.ts";
import { writeJson, type Io } from "../io.ts";
import type { RunFlags } from "./run-flags.ts";

/**
 * `blastlab run --dry-run`: makes every check of a run and shows its plan; starts nothing and writes nothing. Throws
 * LabError `refused`.
 */
export async function dryRunCommand(inputs: RunInputs, flags: RunFlags, io: Io): Promise<void> {
  const { plan, how } = flags.virtual === true ? virtually(inputs) : await live(inputs, flags);
  if (flags.json === true) return writeJson(io, { how, plan });
  io.stdout.write(planText(plan, { how, directory: flags.out ?? path.join("runs", plan.run) }, paintFor(io.stdout)));
}

function virtually(inputs: RunInputs) {
  const { plan, stack } = resolveRun(virtualInputs(inputs));
  checkVirtual(plan, stack);
  return { plan, how: "in virtual time" };
}

async function live(inputs: RunInputs, flags: RunFlags) {
  const parts = await chooseParts(flags);
  const { plan } = await checkRun({ ...inputs, ...flags });
  const load = parts.load.kind === "k6" ? "k6 behind the measuring relay" : "the embedded load generator";
  const network = parts.network.kind === "toxiproxy" ? "toxiproxy-server" : "the embedded network proxy";
  const after = plan.measure.control === "paired" && flags.control === undefined ? ", after a control of the same length" : "";
  return { plan, how: `live for ${Math.ceil(plan.timeline.endMs / 1_000)} s${after}, with ${load} and ${network}` };
}
