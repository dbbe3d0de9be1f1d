import { LabError } from "../../kernel/errors.ts";
import { allowedTarget, atAddress, readAllowList } from "../targets/loopback.ts";
import { findTool } from "../tools/find.ts";
import type { ToolName } from "../tools/pins.ts";
import type { RunOptions } from "./options.ts";

/** What offers the load: the real part, or the embedded default. */
export type LoadPart = { readonly kind: "embedded" } | { readonly kind: "k6"; readonly bin: string };

/**
 * What plays network faults: a real toxiproxy-server that the lab starts or that runs already, or the embedded default.
 */
export type NetworkPart =
  | { readonly kind: "embedded" }
  | { readonly kind: "toxiproxy"; readonly bin: string }
  | { readonly kind: "toxiproxy"; readonly url: string };

/**
 * Uses k6 only when it is asked for. A network of `auto` uses toxiproxy-server where it is found. Throws LabError
 * `refused` when a part that was asked for is missing.
 */
export async function chooseParts(options: Pick<RunOptions, "load" | "network" | "toxiproxyUrl" | "allowTargets">): Promise<{ load: LoadPart; network: NetworkPart }> {
  return { load: await choose("k6", options.load), network: await chooseNetwork(options) };
}

async function chooseNetwork({ network, toxiproxyUrl, allowTargets }: Parameters<typeof chooseParts>[0]): Promise<NetworkPart> {
  if (toxiproxyUrl === undefined) return choose("toxiproxy", network);
  const url = await atAddress(await allowedTarget(toxiproxyUrl, allowTargets === undefined ? [] : readAllowList(allowTargets)));
  return { kind: "toxiproxy", url };
}

async function choose<T extends ToolName>(tool: T, wanted: T | "embedded" | "auto"): Promise<{ kind: "embedded" } | { kind: T; bin: string }> {
  if (wanted === "embedded") return { kind: "embedded" };
  const found = await findTool(tool);
  if ("bin" in found) return { kind: tool, bin: found.bin };
  if (wanted === "auto") return { kind: "embedded" };
  throw new LabError({
    exit: "refused",
    code: "tool_missing",
    message: `There is no usable ${tool} on this machine: ${found.tried.join("; ")}`,
    hint: `Install it with \`npx blastlab tools install ${tool}\`, or leave the option out to use the embedded default`,
  });
}
