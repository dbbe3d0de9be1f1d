import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/** The dashboard as its file holds it: JSON, two spaces, a line feed at the end. Equal dashboards give equal text. */
export function dashboardText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
