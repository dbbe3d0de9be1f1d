import { componentsOf } from "../../kernel/topology.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { ExternalGateway } from "../../scenarios/stack-schema.ts";
import type { SystemUnderTest } from "./system.ts";

const timeoutMs = 5_000;
const anyKey = "sk-blastlab";

/** A gateway that runs already. Its providers are the links of the run, at the ports that the stack names. */
export function externalSystem(settings: ExternalGateway): SystemUnderTest {
  const url = settings.url.replace(/\/$/, "");
  return {
    name: `external gateway at ${url}`,
    linkPorts: settings.linkPorts,
    async start({ plan }) {
      await checkReachable(url);
      const owners = plan.cells.map(({ team, feature }) => `${team}/${feature}`);
      return {
        urls: new Map(componentsOf(plan, "gateway").map(({ id }) => [id, url])),
        components: new Map(),
        keys: Object.fromEntries(owners.map((owner) => [owner, settings.keys[owner] ?? anyKey])),
        metricsUrls: settings.metricsUrl === null ? [] : [settings.metricsUrl],
      };
    },
  };
}

async function checkReachable(url: string): Promise<void> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
    await response.body?.cancel();
  } catch (error) {
    throw new LabError({
      exit: "failed",
      code: "system_unreachable",
      message: `Cannot reach the system under test at ${url}: ${messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error)}`,
      hint: "Start your gateway first; docs/own-gateway.md shows how it reaches the simulated providers",
      cause: error,
    });
  }
}
