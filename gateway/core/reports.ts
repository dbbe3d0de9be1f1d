import type { CacheReport } from "./cache/report.ts";
import type { RequestCost } from "./cost/report.ts";
import type { GuardReport } from "./guards/report.ts";
import type { PromptUsed } from "./prompts/report.ts";

/**
 * What features report about one request, for its event and its headers. Each absent: the feature took no part. A
 * feature's report is a type in its own leaf file and a line here: neither `Call` nor `GatewayEvent` depends on its
 * contents.
 */
export interface RequestReports {
  cost?: RequestCost;
  cache?: CacheReport;
  prompt?: PromptUsed;
  guards?: readonly GuardReport[];
  /** The package that it ran on, `version@hash`. Absent: the gateway's own file. */
  package?: string;
}
