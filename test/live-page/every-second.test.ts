import { expect, test } from "vitest";
import { LiveSession } from "../../lab/ui/live-session.ts";
import { liveRoutes } from "../../lab/ui/live-routes.ts";
import { startUiServer } from "../../lab/ui/server.ts";
import { clockTime } from "../../observer/measure/format.ts";
import { LiveView } from "../../observer/measure/live-view.ts";
import { HandMadeRun } from "../../observer/measure/testing.ts";
import { readEvents } from "../support/event-stream.ts";
import { twinIn } from "../support/page.ts";

const rate = 500;

/** The rows that come in each second of a run, in the order in which they come. */
function rowsBySecond({ client, wire }: HandMadeRun) {
  const second = (atMs: number) => Math.floor(atMs / 1_000);
  return { client: Map.groupBy(client, ({ endMs }) => second(endMs)), wire: Map.groupBy(wire, ({ endedMs }) => second(endedMs)) };
}

test("live page: of a run at 500 requests a second every second is sent, and the last state has all of them", async () => {
  const run = new HandMadeRun();
  run.every(1_000 / rate, 0, 100_000, (atMs) => (atMs % 10 === 0 ? run.failed("red", atMs) : run.good("blue", atMs)));
  const plan = run.plan();
  const view = new LiveView(plan, run.arrivals);
  const rows = rowsBySecond(run);
  const session = new LiveSession();
  await using server = await startUiServer(0, (app) => void liveRoutes(app, () => session));
  session.onProgress({ type: "plan", plan, directory: "runs/demo", load: "embedded", network: "embedded" });
  const page = readEvents(`${server.url}live/events`);
  const clocks: string[] = [];
  const lastSecond = plan.timeline.endMs / 1_000;
  for (let second = 0; second <= lastSecond; second++) {
    for (const record of rows.wire.get(second - 1) ?? []) view.takeWire(record);
    for (const record of rows.client.get(second - 1) ?? []) view.takeClient(record);
    session.onProgress({ type: "live", live: view.line(1_000 * second) });
    const { clock } = await page.found((parts) => parts["clock"] !== undefined && parts["clock"] !== (clocks.at(-1) ?? ""));
    clocks.push(clock!);
  }
  expect(clocks.map((text) => text.split(" ")[0])).toEqual(Array.from({ length: lastSecond + 1 }, (_, second) => clockTime(1_000 * second)));
  const { timeline } = await page.found((parts) => twinIn(parts["timeline"] ?? "", "timeline").rows.length === lastSecond);
  page.close();
  const { columns, rows: shown } = twinIn(timeline!, "timeline");
  const offered = columns.indexOf("offered");
  expect(shown.map((row) => Number(row[offered]))).toEqual(Array.from({ length: lastSecond }, () => rate));
  expect(shown.slice(0, -1).map((row) => Number(row[columns.indexOf("bad")]))).toEqual(Array.from({ length: lastSecond - 1 }, () => rate / 5));
});
