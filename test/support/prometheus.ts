import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { freePort } from "../../lab/live/free-port.ts";
import { isExecutable } from "../../lab/tools/executable.ts";

const run = promisify(execFile);

/** The real Prometheus on this machine, and its promtool. */
export interface PrometheusTools {
  readonly prometheus: string;
  readonly promtool: string;
}

/** `BLASTLAB_PROMETHEUS_BIN` (promtool beside it) or the PATH; null where it is not installed. */
export const prometheusTools: PrometheusTools | null = findTools();

/** For the name of a test that needs it. */
export const prometheusNote = prometheusTools === null ? " (SKIPPED: prometheus is not on the PATH; set BLASTLAB_PROMETHEUS_BIN to its file)" : "";

function findTools(): PrometheusTools | null {
  const named = process.env["BLASTLAB_PROMETHEUS_BIN"];
  const folders = named === undefined ? (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "") : [path.dirname(named)];
  const tools = folders.map((folder) => ({ prometheus: named ?? path.join(folder, "prometheus"), promtool: path.join(folder, "promtool") }));
  const found = tools.find(({ prometheus, promtool }) => isExecutable(prometheus) && isExecutable(promtool)) ?? null;
  if (found === null && named !== undefined) throw new Error(`Cannot use BLASTLAB_PROMETHEUS_BIN=${named}: it or the promtool beside it is not executable`);
  return found;
}

/** What promtool says of a file, `check` being `config` or `rules`. Rejects with its words when it finds fault. */
export async function promtoolCheck(tools: PrometheusTools, check: "config" | "rules", file: string): Promise<string> {
  const { stdout } = await run(tools.promtool, ["check", check, file]);
  return stdout;
}

/** A sample by its labels, as promtool's tests write it. */
export interface ExpectedSample {
  readonly labels: string;
  readonly value: number;
}

/**
 * What is scraped every 5 s, in promtool's notation (`1+2x10`, `stale` where a scrape fails), and what expressions give
 * after 5 minutes; or at other times.
 */
export interface PromqlCase {
  readonly series: Readonly<Record<string, string>>;
  readonly expected: readonly { readonly expression: string; readonly samples: readonly ExpectedSample[]; readonly at?: string }[];
  readonly every?: string;
}

/**
 * Rejects with promtool's words where an expression gives anything else. Rules are evaluated as often as is scraped,
 * groups in the order of their files: without it promtool takes any order, so that alerts may see the records of an
 * evaluation ago. Runs no server.
 */
export async function promtoolTest(tools: PrometheusTools, cases: readonly PromqlCase[], ruleFiles: readonly string[] = []): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-promtool-"));
  const tests = cases.map(({ series, expected, every = "5s" }) => ({
    interval: every,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: expected.map(({ expression, samples, at = "5m" }) => ({ expr: expression, eval_time: at, exp_samples: samples })),
  }));
  try {
    const file = path.join(folder, "tests.json");
    const [{ every = "5s" } = {}] = cases;
    const order = (await Promise.all(ruleFiles.map(groupNames))).flat();
    await writeFile(file, JSON.stringify({ rule_files: ruleFiles, evaluation_interval: every, group_eval_order: order, tests }));
    await run(tools.promtool, ["test", "rules", file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function groupNames(ruleFile: string): Promise<readonly string[]> {
  const { groups } = parse(await readFile(ruleFile, "utf8")) as { groups: readonly { name: string }[] };
  return groups.map(({ name }) => name);
}

export type Sample = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [atS: number, value: string] };

export interface RunningPrometheus extends AsyncDisposable {
  /** An instant query; rejects with Prometheus' own error. */
  query(expression: string): Promise<readonly Sample[]>;
}

/** Prometheus on a free port of 127.0.0.1, with this config, its data in a folder that goes with it. */
export async function startPrometheus(tools: PrometheusTools, config: string): Promise<RunningPrometheus> {
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-prometheus-"));
  const file = path.join(folder, "prometheus.yml");
  await writeFile(file, config);
  const port = await freePort();
  const child = spawn(tools.prometheus, [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], { stdio: "ignore" });
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true });
  };
  try {
    await ready(url);
  } catch (error) {
    await close();
    throw error;
  }
  return { query: (expression) => query(url, expression), [Symbol.asyncDispose]: close };
}

async function ready(url: string): Promise<void> {
  for (let attempt = 0; attempt < 900; attempt++) {
    const answered = await fetch(`${url}/-/ready`).catch(() => null);
    if (answered?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Prometheus does not get ready at ${url}`);
}

async function query(url: string, expression: string): Promise<readonly Sample[]> {
  const response = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: expression }) });
  const answer = (await response.json()) as { status: string; error?: string; data?: { result: readonly Sample[] } };
  if (answer.status !== "success" || answer.data === undefined) throw new Error(`${expression}: ${answer.error}`);
  return answer.data.result;
}
