import { GraphDrawStyle, LegendDisplayMode, LegendPlacement, ReduceDataOptionsBuilder, StackingConfigBuilder, StackingMode, VisibilityMode, VizLegendOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import { MappingType, ThresholdsConfigBuilder, ThresholdsMode, type Threshold, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TextBuilder } from "@grafana/grafana-foundation-sdk/text";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { TextMode } from "@grafana/grafana-foundation-sdk/text";

/** One query of a panel: PromQL, and the name of its series, where `{{label}}` stands for a label's value. */
export interface Query {
  readonly expression: string;
  readonly legend: string;
}

export const query = (expression: string, legend: string): Query => ({ expression, legend });

export const colors = { green: "green", orange: "orange", red: "red", blue: "blue" } as const;

/** Good at 0, worth a look at `orange`, bad at `red`. */
export const badFrom = (orange: number, red: number): readonly Threshold[] => [
  { value: 0, color: colors.green },
  { value: orange, color: colors.orange },
  { value: red, color: colors.red },
];

/** Any is bad. */
export const anyIsBad: readonly Threshold[] = [
  { value: 0, color: colors.green },
  { value: Number.MIN_VALUE, color: colors.red },
];

/** Neither good nor bad. */
export const neutral: readonly Threshold[] = [{ value: 0, color: colors.blue }];

/** Text of every panel. `description` is the hint behind its title. */
export interface PanelText {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Query[];
}

/** What `dashboardOf` takes. */
export type AnyPanel = TimeSeriesBuilder | StatBuilder | StateTimelineBuilder | TextBuilder;

/** The dashboard's data source is a variable, so that the JSON can be imported anywhere. */
export const datasource = { type: "prometheus", uid: "${datasource}" } as const;

/** One axis width for all, so that a moment is at the same place in every panel of a column. */
const AXIS_WIDTH_PX = 64;
const COLUMNS = 24;

const target = ({ expression, legend }: Query, index: number) =>
  new DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .datasource(datasource)
    .expr(expression)
    .legendFormat(legend)
    .range();

const legend = () => new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.Table).placement(LegendPlacement.Bottom).calcs(["mean", "max", "lastNotNull"]);

const thresholds = (steps: readonly Threshold[]) => new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);

/**
 * Lines over time from 0, half the width of the dashboard; `stacked` for parts of a whole, `min: null` where values may
 * be below 0.
 */
export function timeSeries({ title, description, unit, queries }: PanelText, options: { stacked?: boolean; min?: null; max?: number } = {}): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasource)
    .span(COLUMNS / 2)
    .height(8)
    .axisWidth(AXIS_WIDTH_PX)
    .drawStyle(GraphDrawStyle.Line)
    .showPoints(VisibilityMode.Never)
    .fillOpacity(options.stacked === true ? 40 : 0)
    .legend(legend())
    .targets(queries.map(target));
  if (options.min !== null) panel.min(0);
  if (options.max !== undefined) panel.axisSoftMax(options.max);
  return options.stacked === true ? panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A")) : panel;
}

/** The colour of what is not known: never a good one. Grafana colours "no data" as the lowest step. */
const UNKNOWN = "text";

/** One number, a sixth of the width; `steps` colour it from its first value on. */
export function stat({ title, description, unit, queries }: PanelText, steps: readonly Threshold[], mappings: readonly ValueMapping[] = []): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasource)
    .span(COLUMNS / 6)
    .height(4)
    .noValue("no data")
    .thresholds(thresholds([{ value: null, color: UNKNOWN }, ...steps]))
    .mappings([...mappings])
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .targets(queries.map(target));
}

/** A band per series whose colour is its state, the whole width. */
export function stateTimeline({ title, description, unit, queries }: PanelText, states: readonly { value: number; text: string; color: string }[]): StateTimelineBuilder {
  return new StateTimelineBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasource)
    .span(COLUMNS)
    .height(6)
    .axisWidth(AXIS_WIDTH_PX)
    .mergeValues(true)
    .mappings([valueTexts(states)])
    .thresholds(thresholds([{ value: null, color: UNKNOWN }, ...states.map(({ value, color }) => ({ value, color }))]))
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .targets(queries.map(target));
}

/** Markdown, the whole width. */
export function note(title: string, markdown: string): TextBuilder {
  return new TextBuilder().title(title).span(COLUMNS).height(5).mode(TextMode.Markdown).content(markdown);
}

/** Words in place of numbers. */
export function valueTexts(values: readonly { value: number; text: string; color: string }[]): ValueMapping {
  return {
    type: MappingType.ValueToText,
    options: Object.fromEntries(values.map(({ value, text, color }, index) => [String(value), { text, color, index }])),
  };
}
