/** Writes `dashboards/gateway.json` from `dashboards/gateway.ts`: `npm run build:dashboards`. */
import { writeFileSync } from "node:fs";
import { gatewayDashboard } from "./gateway.ts";
import { dashboardText } from "./text.ts";

const file = new URL("gateway.json", import.meta.url);
writeFileSync(file, dashboardText(gatewayDashboard()));
