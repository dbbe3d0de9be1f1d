import { packageHeader } from "../../kernel/package-header.ts";
import type { Headers } from "../../kernel/transport.ts";
import { cacheHeader } from "./cache/report.ts";
import { usdText } from "./cost/price.ts";
import type { RequestReports } from "./reports.ts";

/**
 * The reports that a response's headers carry. The cost, in US dollars over all attempts, is present only where it is
 * known before the body: on a JSON answer and on an error. A leg without a price makes it `unknown`, never 0.
 */
export function reportHeaders({ cost, cache, prompt, package: packageUsed }: Readonly<RequestReports>): Headers {
  return {
    ...(cost !== undefined && { "x-blastlab-cost-usd": cost.isPriced ? usdText(cost.nanoUsd) : "unknown" }),
    ...(cache !== undefined && { "x-blastlab-cache": cacheHeader(cache) }),
    ...(packageUsed !== undefined && { [packageHeader]: packageUsed }),
    ...(prompt !== undefined && { "x-blastlab-prompt": `${prompt.name}@${prompt.version}` }),
  };
}
