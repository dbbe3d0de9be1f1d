import type { CacheReport } from "./cache/report.ts";
import type { RequestCost } from "./cost/report.ts";
import type { GuardReport } from "./guards/report.ts";
import type { PromptUsed } from "./prompts/report.ts";

/**
 * What features report of one request, for its event and its headers. Each absent: the feature had no part in it. A feature's report is a type of its own
 * leaf file and a line here: neither `Call` nor `GatewayEvent` knows what is in it.
 */
export interface RequestReports {
  cost?: RequestCost;
  cache?: CacheReport;
  prompt?: PromptUsed;
  guards?: readonly GuardReport[];
}
