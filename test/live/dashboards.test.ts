import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { dashboards } from "../../dashboards/all.ts";
import { alertRules, recordingRules } from "../../dashboards/rules.ts";
import { countedMetricNames, observerMetricNames } from "../../kernel/metric-names.ts";
import { scrapeTargetsFile } from "../../lab/live/scrape-targets.ts";
import { startCli, type Cli } from "../support/cli.ts";
import { prometheusNote, prometheusTools, startPrometheus, type RunningPrometheus } from "../support/prometheus.ts";

const root = path.resolve(import.meta.dirname, "../..");
const support = (name: string) => path.join(root, "test/support", name);

/** Something that asks Prometheus, and where it stands. */
interface Asked {
  readonly where: string;
  readonly expression: string;
  /** Labels that tell its series apart; null: any. */
  readonly labels: readonly string[] | null;
}

/** The gateway's own dashboard has a test of its own, with refusals and guards that no run has: dashboard.test.ts. */
const watched = Object.entries(dashboards).filter(([name]) => name !== "gateway");

const filledIn = (expression: string) => expression.replaceAll("$__rate_interval", "10s").replaceAll(/\$(team|deployment|region)\b/g, ".*");

const asked: readonly Asked[] = [
  ...watched.flatMap(([name, build]) =>
    ((build().panels ?? []) as Panel[]).flatMap(({ title, targets }) =>
      ((targets ?? []) as unknown as { expr: string; legendFormat: string }[]).map(({ expr, legendFormat }) => ({
        where: `${name}, panel "${title}"`,
        expression: filledIn(expr),
        labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!),
      })),
    ),
  ),
  ...recordingRules.map(({ record, labels }) => ({ where: `record "${record}" of ${labels["source"]}`, expression: `${record}{source="${labels["source"]}"}`, labels: null })),
  ...alertRules.flatMap(({ alert, conditions }) => conditions.map(({ watched: expression }) => ({ where: `alert "${alert}"`, expression, labels: null }))),
];

/** deploy/prometheus.yml with its rules, scraping this run alone, each second. */
function configFor(directory: string): string {
  const config = parse(readFileSync(path.join(root, "deploy/prometheus.yml"), "utf8")) as { global: Record<string, string>; rule_files: string[]; scrape_configs: { job_name: string; file_sd_configs?: { files: string[] }[] }[] };
  const runs = config.scrape_configs.find(({ job_name }) => job_name === "blastlab-runs")!;
  runs.file_sd_configs![0]!.files = [scrapeTargetsFile(directory)];
  const global = Object.fromEntries(Object.entries(config.global).map(([name, value]) => [name, /^\d+s$/.test(value) ? "1s" : value]));
  return stringify({ ...config, global, rule_files: [path.join(root, "dashboards/rules.yml")], scrape_configs: [runs] });
}

/** A collector of the user's, and the faults that each export of the observer reports as in force. */
async function collector(): Promise<{ readonly url: string; readonly inForce: readonly (readonly string[])[] }> {
  const inForce: (readonly string[])[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      inForce.push(faultsInForce(body as OtlpMetrics));
      response.end("{}");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, inForce };
}

/** The part of OTLP's JSON that is looked at. */
interface OtlpMetrics {
  readonly resourceMetrics: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string; readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] } }[] }[] }[];
}

interface OtlpPoint {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly asInt?: number;
}

function faultsInForce({ resourceMetrics }: OtlpMetrics): readonly string[] {
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const points = metrics.flatMap(({ name, gauge }) => (name === observerMetricNames.faultInForce ? (gauge?.dataPoints ?? []) : []));
  return points.filter(({ asDouble, asInt }) => (asDouble ?? asInt) === 1).map(({ attributes }) => attributes.find(({ key }) => key === "fault")!.value.stringValue);
}

/** Asks again each round until the run is over. Resolves to the questions that never gave a number. */
async function unanswered(prometheus: RunningPrometheus, cli: Cli): Promise<readonly string[]> {
  const waiting = new Set(asked);
  let isOver = false;
  void cli.ended.then(() => (isOver = true));
  while (waiting.size > 0 && !isOver) {
    for (const question of waiting) {
      const samples = await prometheus.query(question.expression);
      if (samples.length === 0 || samples.some(({ value }) => !Number.isFinite(Number(value[1])))) continue;
      const { __name__: _, ...labels } = samples[0]!.metric;
      if (question.labels !== null) expect(Object.keys(labels).toSorted(), `${question.where}: the legend names the labels that tell its series apart`).toEqual(question.labels.toSorted());
      waiting.delete(question);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return [...waiting].map(({ where, expression }) => `${where}: ${expression}`);
}

test.skipIf(prometheusTools === null)(`dashboards: over a real scrape of a real run every query of every panel, record and alert gives numbers; the observer's path outlives gateway and collector${prometheusNote}`, async () => {
  const own = await collector();
  const args = ["run", support("watched.yaml"), "--stack", support("watched-stack.yaml"), "--out", "{out}", "--load", "embedded", "--network", "embedded", "--tolerate-lag", "60000", "--observer-otlp", own.url];
  await using cli = await startCli(args);
  await cli.printed(/run directory/);
  await using prometheus = await startPrometheus(prometheusTools!, configFor(cli.directory));
  expect(await unanswered(prometheus, cli)).toEqual([]);
  const { stdout, stderr } = await cli.ended;
  expect(existsSync(path.join(cli.directory, "verdict.json")), `${stdout}\n${stderr}`).toBe(true);
  const most = async (expression: string) => Number((await prometheus.query(`max_over_time((${expression})[5m:1s])`))[0]?.value[1]);
  expect(await most(`sum(${countedMetricNames.gateways} - ${countedMetricNames.readable})`), "the killed gateway is dark").toBeGreaterThanOrEqual(1);
  expect(await most(`sum(${observerMetricNames.faultInForce})`), "faults in force at once").toBeGreaterThanOrEqual(2);
  const both = own.inForce.filter((faults) => ["collector", "gateway"].every((role) => faults.some((fault) => fault.includes(role))));
  expect(both.length, `exports made while the run's own collector and a gateway are down: ${JSON.stringify(own.inForce)}`).toBeGreaterThan(0);
  expect(existsSync(scrapeTargetsFile(cli.directory)), "nothing to scrape once the run is over").toBe(false);
});
