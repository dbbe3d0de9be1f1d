import { countedMetricNames as counted, observerMetricNames as names } from "../../kernel/metric-names.ts";

export type ObservedName = (typeof names)[keyof typeof names] | (typeof counted)[keyof typeof counted];

/** The help text of each metric. */
export const metricDescriptions: Readonly<Record<ObservedName, string>> = {
  [names.offered]: "Requests whose time to be sent has come",
  [names.requests]: "Requests that ended, as the observer judges them",
  [names.silent]: "Bad requests that were delivered as a success",
  [names.firstToken]: "From the intended send to the first content token",
  [names.attempts]: "Attempts in the providers' logs",
  [names.billed]: "US dollars that providers bill by their logs",
  [names.unpriced]: "Billed attempts without a price",
  [names.probes]: "The observer's own probes",
  [names.faultInForce]: "1 while the fault is in force",
  [counted.gateways]: "Gateways whose metrics the observer reads",
  [counted.readable]: "Gateways whose metrics it could read the last time",
  [counted.requests]: "Requests that the gateways counted",
  [counted.failures]: "Failures and rejections that the gateways counted",
  [counted.attempts]: "Attempts that the gateways counted",
  [counted.cost]: "US dollars that the gateways counted",
};
