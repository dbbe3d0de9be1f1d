import { alarmMetricNames, controlMetricNames, countedMetricNames, edgeMetricNames, metricNames, observerMetricNames, vaultMetricNames } from "../kernel/metric-names.ts";

/** One side of an alert's condition: what is watched, and when it is too much. */
export interface Condition {
  readonly watched: string;
  readonly when: string;
}

export interface AlertRule {
  readonly alert: string;
  readonly conditions: readonly Condition[];
  /** How long all must hold. */
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Share of requests that are to be good; the lab's own default (`measure.burnRate.slo`). */
export const objective = 0.99;

export const badShareName = (window: string): string => `blastlab:bad_share:rate${window}`;

/** Whose counts they are: the observer's, which are the truth, and the gateways' own. */
const sources = {
  observer: { bad: `${observerMetricNames.requests}{outcome!~"good|left"}`, all: `${observerMetricNames.requests}{outcome!="left"}` },
  gateway: { bad: `${metricNames.requests}{outcome=~"failure|rejected"}`, all: `${metricNames.requests}{outcome!="cancelled"}` },
} as const;

type Source = keyof typeof sources;
const sourceNames = Object.keys(sources) as Source[];

/**
 * Budget burns by the window in which they would be noticed, and how much of 30 days' budget is gone by then. Source:
 * The Site Reliability Workbook (2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", table 5-8; 1d/2h from its
 * example.
 */
const burns = [
  { long: "1h", short: "5m", rate: 14.4, severity: "page", spent: "2 %" },
  { long: "6h", short: "30m", rate: 6, severity: "page", spent: "5 %" },
  { long: "1d", short: "2h", rate: 3, severity: "ticket", spent: "10 %" },
  { long: "3d", short: "6h", rate: 1, severity: "ticket", spent: "10 %" },
] as const;

/** For a run of minutes, as the observer's own alarm: there is no hour to look back on. */
const runBurn = { long: "1m", short: "10s", rate: 6 } as const;

const windows = [...new Set([runBurn, ...burns].flatMap(({ short, long }) => [short, long]))];

/** No sample without traffic; 0 and not nothing where no request was bad. */
function badShare(source: Source, window: string): string {
  const { bad, all } = sources[source];
  const whole = `sum(rate(${all}[${window}]))`;
  return `(sum(rate(${bad}[${window}])) or 0 * ${whole}) / (${whole} > 0)`;
}

export const recordingRules: readonly RecordingRule[] = windows.flatMap((window) => sourceNames.map((source) => ({ record: badShareName(window), expr: badShare(source, window), labels: { source } })));

/** Both windows: the long one for weight, the short one so that the alert ends when the burn does. */
const burning = (source: Source, { long, short, rate }: { readonly long: string; readonly short: string; readonly rate: number }): readonly Condition[] =>
  [long, short].map((window) => ({ watched: `${badShareName(window)}{source="${source}"}`, when: `> ${Number((rate * (1 - objective)).toFixed(6))}` }));

const burnAlerts = sourceNames.flatMap((source): AlertRule[] => [
  ...burns.map((burn) => ({
    alert: "BlastlabBudgetBurn",
    conditions: burning(source, burn),
    for: "0s",
    labels: { severity: burn.severity, source, long: burn.long, short: burn.short },
    summary: `By the ${source}'s counts the error budget burns ${burn.rate} times too fast: at this rate ${burn.spent} of 30 days' budget is gone in ${burn.long}.`,
  })),
  {
    alert: "BlastlabRunBudgetBurn",
    conditions: burning(source, runBurn),
    for: "0s",
    labels: { severity: "info", source, long: runBurn.long, short: runBurn.short },
    summary: `By the ${source}'s counts the error budget of a run burns ${runBurn.rate} times too fast.`,
  },
]);

const { observer, gateway } = { observer: `${badShareName("1m")}{source="observer"}`, gateway: `${badShareName("1m")}{source="gateway"}` };

/** What no burn rate of a gateway's own counts can show. */
const findings: readonly AlertRule[] = [
  { alert: "BlastlabGatewaysDark", conditions: [{ watched: `sum(${countedMetricNames.readable})`, when: "== 0" }, { watched: `sum(${countedMetricNames.gateways})`, when: "> 0" }], for: "10s", labels: { severity: "page" }, summary: "The observer can read no gateway's metrics: whatever their dashboards show is old." },
  { alert: "BlastlabGatewayCountsLess", conditions: [{ watched: `${observer} - ignoring (source) ${gateway}`, when: "> 0.05" }], for: "0s", labels: { severity: "ticket" }, summary: "More than 5 % of the requests are bad, and the gateways do not count them: their dashboards are wrong." },
  { alert: "BlastlabSilentAnswers", conditions: [{ watched: `sum(rate(${observerMetricNames.silent}[1m]))`, when: "> 0" }], for: "0s", labels: { severity: "ticket" }, summary: "Clients take wrong or truncated answers for successes." },
  { alert: "BlastlabContractBroken", conditions: [{ watched: `sum by (deployment) (increase(${alarmMetricNames.contractBreaches}[5m]))`, when: "> 0" }], for: "0s", labels: { severity: "ticket" }, summary: "{{ $labels.deployment }} answers in another shape, or by another model, than was asked for." },
  { alert: "BlastlabLastRegion", conditions: [{ watched: `sum(max by (region) (${edgeMetricNames.replicaShare}) > bool 0)`, when: "< 2" }, { watched: `count(count by (region) (${edgeMetricNames.replicaShare}))`, when: "> 1" }], for: "10s", labels: { severity: "page" }, summary: "One region or none is left in the rotation." },
  { alert: "BlastlabPlaneBehind", conditions: [{ watched: `min by (region, plane) (${controlMetricNames.onActive})`, when: "== 0" }], for: "5m", labels: { severity: "ticket" }, summary: "Data plane {{ $labels.plane }} of region {{ $labels.region }} does not run the active package." },
  { alert: "BlastlabPlaneSilent", conditions: [{ watched: `max by (region, plane) (${controlMetricNames.reportAge})`, when: "> 30" }], for: "0s", labels: { severity: "ticket" }, summary: "Data plane {{ $labels.plane }} of region {{ $labels.region }} has not reported for 30 s." },
  { alert: "BlastlabVaultSealed", conditions: [{ watched: `max by (region) (${vaultMetricNames.sealed})`, when: "== 1" }], for: "1m", labels: { severity: "page" }, summary: "The vault of region {{ $labels.region }} is sealed: leases end with their grace period." },
];

export const alertRules: readonly AlertRule[] = [...burnAlerts, ...findings];

/**
 * As Prometheus reads it. A comparison binds to what is watched, in brackets; `and` keeps the series of the first that
 * have the same labels in all, or any where there are none to match.
 */
export function alertExpression({ conditions }: Pick<AlertRule, "conditions">): string {
  return conditions.map(({ watched, when }) => `(${watched}) ${when}`).join(" and ");
}

/** The content of `rules.yml`. */
export function ruleGroups() {
  const alerts = alertRules.map(({ alert, for: held, labels, summary, ...rule }) => ({ alert, expr: alertExpression(rule), for: held, labels, annotations: { summary } }));
  return { groups: [{ name: "blastlab-bad-share", rules: recordingRules }, { name: "blastlab-alerts", rules: alerts }] };
}
