import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { readCounts, scrape } from "./gateway-metrics.ts";
import { readSamples } from "./prometheus.ts";

const page = `# HELP blastlab_gateway_requests_total Client requests.
# TYPE blastlab_gateway_requests_total counter
blastlab_gateway_requests_total{route="main",team="red",feature="chat",outcome="success"} 90 1790000000000
blastlab_gateway_requests_total{route="main",team="red",feature="chat",outcome="failure"} 7
blastlab_gateway_requests_total{route="main",team="blue",feature="chat",outcome="rejected"} 2
blastlab_gateway_requests_total{route="main",team="blue",feature="chat",outcome="cancelled"} 1
blastlab_gateway_attempts_total{deployment="primary",outcome="success"} 1.1e2
blastlab_gateway_breaker_state{deployment="primary",state="open"} 1
blastlab_gateway_breaker_state{deployment="primary",state="closed"} 0
blastlab_gateway_breaker_state{deployment="fallback",state="open"} 0
blastlab_gateway_requests_total_elsewhere 5
blastlab_gateway_cost_usd_total{team="red",feature="chat",deployment="primary",leg="answered"} 0.5
blastlab_gateway_cost_usd_total{team="red",feature="chat",deployment="primary",leg="failed"} 0.25
blastlab_gateway_cost_usd_total{team="blue",feature="chat",deployment="primary",leg="answered"} 2
`;

test("readCounts: sums the gateway's counters over their labels: cancelled is no failure, rejected is one", () => {
  expect(readCounts(page, 5_000)).toEqual({ atMs: 5_000, requestsTotal: 100, failuresTotal: 9, attemptsTotal: 110, openBreakers: ["primary"], costUsd: { red: 0.75, blue: 2 } });
});

test("readCounts: a counter that is not there yet has not counted", () => {
  expect(readCounts("blastlab_gateway_in_flight 1\n", 1)).toEqual({ atMs: 1, requestsTotal: 0, failuresTotal: 0, attemptsTotal: 0, openBreakers: [], costUsd: {} });
});

test("readCounts: the metrics of another gateway show nothing, and least of all that it counted 0", () => {
  const litellm = '# TYPE litellm_proxy_total_requests_metric_total counter\nlitellm_proxy_total_requests_metric_total{team="red"} 90.0\n';
  expect(readCounts(litellm, 1)).toEqual({ atMs: 1, requestsTotal: null, failuresTotal: null, attemptsTotal: null, openBreakers: [], shown: false });
});

test("readSamples: label values with braces, commas and escapes read as they were written", () => {
  expect(readSamples('a{x="1,}\\"2",y="\\\\n\\n"} +Inf\n', new Set(["a"]))).toEqual([{ name: "a", labels: { x: '1,}"2', y: "\\n\n" }, value: Infinity }]);
});

test("scrape: a page that cannot be had is a record of nulls: refused, or an error status", async () => {
  const server = createServer((_, response) => response.writeHead(500).end(page)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const dark = { atMs: 3, requestsTotal: null, failuresTotal: null, attemptsTotal: null, openBreakers: [] };
  expect(await scrape(url, () => 3)).toEqual(dark);
  await new Promise((resolve) => server.close(resolve));
  expect(await scrape(url, () => 3)).toEqual(dark);
});
