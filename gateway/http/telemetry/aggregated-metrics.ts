import { ValueType, type HrTime } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType, type CollectionResult, type MetricData, type MetricProducer, type ResourceMetrics } from "@opentelemetry/sdk-metrics";

type Labels<Label extends string> = Readonly<Record<Label, string>>;

interface About<Label extends string> {
  readonly description: string;
  readonly labels: readonly Label[];
}

interface AboutHistogram<Label extends string> extends About<Label> {
  readonly unit: string;
  /** Upper bounds of the buckets, ascending, each inclusive. */
  readonly boundaries: readonly number[];
}

/** Prometheus ignores times, and everything is counted from the start. */
const untimed: { startTime: HrTime; endTime: HrTime } = { startTime: [0, 0], endTime: [0, 0] };

/** Readers take the resource from the SDK's own producer. */
const noResource: ResourceMetrics["resource"] = { attributes: {}, merge: (other) => other ?? noResource, getRawAttributes: () => [] };

/**
 * Counters and histograms that are summed up here and read at each scrape. A request updates a dozen of them, and
 * OpenTelemetry's own instruments sort and print the labels at every update. Above 2,000 combinations of labels they
 * also merge the rest, a number that a company's teams, features and deployments soon reach.
 */
export class AggregatedMetrics implements MetricProducer {
  readonly #scope: string;
  readonly #reads: (() => MetricData)[] = [];

  constructor(scope: string) {
    this.#scope = scope;
  }

  counter<Label extends string>(name: string, { description, labels }: About<Label>): Counter<Label> {
    const series = new SeriesByLabels<Label, { value: number }>(labels, () => ({ value: 0 }));
    this.#reads.push(() => ({
      descriptor: { name, description, unit: "", valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: series.map((attributes, { value }) => ({ ...untimed, attributes, value })),
    }));
    return { add: (value, of) => void (series.of(of).value += value) };
  }

  histogram<Label extends string>(name: string, { description, unit, labels, boundaries }: AboutHistogram<Label>): Histogram<Label> {
    const series = new SeriesByLabels<Label, Distribution>(labels, () => new Distribution(boundaries));
    this.#reads.push(() => ({
      descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: series.map((attributes, { counts, sum, count }) => ({ ...untimed, attributes, value: { buckets: { boundaries: [...boundaries], counts: [...counts] }, sum, count } })),
    }));
    return { of: (one) => series.of(one) };
  }

  collect(): Promise<CollectionResult> {
    const metrics = this.#reads.map((read) => read()).filter(({ dataPoints }) => dataPoints.length > 0);
    return Promise.resolve({ resourceMetrics: { resource: noResource, scopeMetrics: [{ scope: { name: this.#scope }, metrics }] }, errors: [] });
  }
}

export interface Counter<Label extends string> {
  add(value: number, labels: Labels<Label>): void;
}

export interface Histogram<Label extends string> {
  /** The distribution of these labels. Frequent recorders keep it. */
  of(labels: Labels<Label>): Distribution;
}

export class Distribution {
  readonly #boundaries: readonly number[];
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(boundaries: readonly number[]) {
    this.#boundaries = boundaries;
    this.counts = Array(boundaries.length + 1).fill(0) as number[];
  }

  record(value: number): void {
    if (Number.isNaN(value)) return;
    let bucket = 0;
    while (bucket < this.#boundaries.length && value > this.#boundaries[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
    this.count++;
  }
}

/** By the value of one label: the series, or, where more labels follow, the branches of the next. */
type Branch<Value> = Map<string, Branch<Value> | Value>;

class SeriesByLabels<Label extends string, Value extends object> {
  readonly #labels: readonly Label[];
  readonly #last: Label;
  readonly #empty: () => Value;
  readonly #root: Branch<Value> = new Map();
  readonly #series: { readonly labels: Labels<Label>; readonly value: Value }[] = [];

  constructor(labels: readonly Label[], empty: () => Value) {
    this.#labels = labels.slice(0, -1);
    this.#last = labels.at(-1)!;
    this.#empty = empty;
  }

  /** Label by label: to make one key of all would cost more than the rest of an update. */
  of(labels: Labels<Label>): Value {
    let branch = this.#root;
    for (const label of this.#labels) {
      let next = branch.get(labels[label]) as Branch<Value> | undefined;
      if (next === undefined) branch.set(labels[label], (next = new Map()));
      branch = next;
    }
    let value = branch.get(labels[this.#last]) as Value | undefined;
    if (value === undefined) {
      branch.set(labels[this.#last], (value = this.#empty()));
      this.#series.push({ labels, value });
    }
    return value;
  }

  map<Result>(read: (labels: Labels<Label>, value: Value) => Result): Result[] {
    return this.#series.map(({ labels, value }) => read(labels, value));
  }
}
