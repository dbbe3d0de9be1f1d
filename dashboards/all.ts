import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { stringify } from "yaml";
import { costDashboard } from "./cost.ts";
import { gatewayDashboard } from "./gateway.ts";
import { observerDashboard } from "./observer.ts";
import { providersDashboard } from "./providers.ts";
import { regionsDashboard } from "./regions.ts";
import { ruleGroups } from "./rules.ts";
import { dashboardText } from "./text.ts";

/** Every dashboard by its file's name without `.json`. */
export const dashboards = {
  gateway: gatewayDashboard,
  providers: providersDashboard,
  regions: regionsDashboard,
  cost: costDashboard,
  observer: observerDashboard,
} as const satisfies Readonly<Record<string, () => Dashboard>>;

const rulesHead = "# Made by `npm run build:dashboards` from rules.ts. Do not edit.\n";

/** The generated files of this folder, by name. Equal code gives equal text. */
export function builtFiles(): Readonly<Record<string, string>> {
  const boards = Object.entries(dashboards).map(([name, build]) => [`${name}.json`, dashboardText(build())] as const);
  return { ...Object.fromEntries(boards), "rules.yml": `${rulesHead}${stringify(ruleGroups(), { lineWidth: 0, aliasDuplicateObjects: false })}` };
}
