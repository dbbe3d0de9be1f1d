import {
  AnnotationQueryBuilder,
  AnnotationTargetBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Dashboard,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { observerMetricNames } from "../kernel/metric-names.ts";
import { datasource, type AnyPanel } from "./panels.ts";

/** A variable whose values are those of a label of a metric; `All` is the default. */
export interface LabelVariable {
  readonly label: string;
  readonly title: string;
  readonly metric: string;
}

export interface DashboardText {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly LabelVariable[];
  /** In reading order; panels flow from left to right. */
  readonly rows: readonly { readonly title: string; readonly panels: readonly AnyPanel[] }[];
}

/** The same value on every call. */
export function dashboardOf({ rows, ...text }: DashboardText): Dashboard {
  const dashboard = settings(text);
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) dashboard.withPanel(panel);
  }
  return numbered(dashboard.build());
}

function settings({ uid, title, description, variables }: Omit<DashboardText, "rows">): DashboardBuilder {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(["blastlab"])
    .timezone("utc")
    .refresh("5s")
    .time({ from: "now-15m", to: "now" })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(new DashboardLinkBuilder("Blastlab").type(DashboardLinkType.Dashboards).tags(["blastlab"]).asDropdown(true).keepTime(true))
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"));
  for (const variable of variables) dashboard.withVariable(labelVariable(variable));
  return dashboard.annotation(faultsOfRuns()).annotation(faultsByHand());
}

function labelVariable({ label, title, metric }: LabelVariable): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .label(title)
    .datasource(datasource)
    .query(`label_values(${metric}, ${label})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: "All", value: "$__all" });
}

/** The windows of a run's faults, as the observer saw them injected and lifted: one stripe down the page. */
function faultsOfRuns(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Faults of runs")
    .datasource(datasource)
    .enable(true)
    .iconColor("red")
    .expr(`${observerMetricNames.faultInForce} == 1`)
    .step("1s")
    .titleFormat("{{fault}}")
    .tagKeys("kind");
}

/** Grafana's own annotations that carry the tag `blastlab`: what a person posts about a standing system. */
function faultsByHand(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Faults")
    .datasource({ type: "grafana", uid: "-- Grafana --" })
    .enable(true)
    .iconColor("red")
    .target({ build: () => ({ ...byTag.build(), _implementsDataqueryVariant: () => {} }) });
}

/**
 * The SDK types an annotation's target as a query of a data source, which Grafana's own is not: hence the marker above;
 * JSON drops it.
 */
const byTag = new AnnotationTargetBuilder().type("tags").tags(["blastlab"]).matchAny(true).limit(100);

/** Ids in reading order: the SDK gives panels none, and Grafana would draw its own on import. */
function numbered(dashboard: Dashboard): Dashboard {
  return { ...dashboard, panels: (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}
