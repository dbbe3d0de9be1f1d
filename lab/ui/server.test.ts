import { request } from "node:http";
import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import { live, plan } from "../board/fixtures/run.ts";
import { liveRoutes } from "./live-routes.ts";
import { LiveSession } from "./live-session.ts";
import { buildUi, startUiServer } from "./server.ts";

const token = "a-token-of-the-test";
const planned = { type: "plan", plan, directory: "runs/demo", load: "embedded", network: "embedded" } as const;

function served() {
  const session = new LiveSession();
  session.onProgress(planned);
  const app = buildUi(token, (own) => void liveRoutes(own, () => session));
  return { session, app };
}

test("buildUi: the page is given to who has the token, under headers that keep it from other sites", async () => {
  const { app } = served();
  const answer = await app.inject({ url: `/${token}/live/`, headers: { host: "127.0.0.1:1234" } });
  expect({ status: answer.statusCode, type: answer.headers["content-type"], cache: answer.headers["cache-control"], frames: answer.headers["content-security-policy"] }).toEqual({
    status: 200,
    type: "text/html; charset=utf-8",
    cache: "no-store",
    frames: "frame-ancestors 'none'",
  });
  expect(answer.body).toContain("A demonstration");
});

test.each([
  ["no token", { url: "/live/" }, 403],
  ["another token", { url: `/${token}x/live/` }, 403],
  ["the root", { url: "/" }, 403],
  ["a name that is not loopback", { url: `/${token}/live/`, headers: { host: "lab.example.com" } }, 403],
  ["another origin", { url: `/${token}/live/`, headers: { origin: "http://localhost:9" } }, 403],
  ["an opaque origin", { url: `/${token}/live/`, headers: { origin: "null" } }, 403],
  ["a form", { method: "POST", url: `/${token}/live/stop`, headers: { "content-type": "text/plain" }, payload: "{}" }, 415],
  ["another path", { url: `/${token}/live/plan.json` }, 404],
  ["a report that is not there yet", { url: `/${token}/live/report.html` }, 404],
] as const)("buildUi: %s is refused", async (_what, { headers, ...options }: { readonly url: string; readonly method?: "POST"; readonly payload?: string; readonly headers?: Readonly<Record<string, string>> }, status) => {
  const { app, session } = served();
  const answer = await app.inject({ method: "GET", ...options, headers: { host: "127.0.0.1:1234", ...headers } });
  expect({ status: answer.statusCode, asked: session.hand.stopAsked.aborted }).toEqual({ status, asked: false });
});

test("liveRoutes: stop asks for the end of the run once, with words for its record", async () => {
  const { app, session } = served();
  const stop = () => app.inject({ method: "POST", url: `/${token}/live/stop`, headers: { host: "localhost:1", origin: "http://localhost:1" }, payload: {} });
  expect((await stop()).statusCode).toBe(200);
  expect(session.hand.stopAsked).toMatchObject({ aborted: true, reason: "the stop button of the live page" });
  expect(session.allowed).toMatchObject({ stop: false });
  session.end({ verdict: "interrupted", reason: "", directory: null });
  expect((await stop()).statusCode).toBe(409);
});

test("liveRoutes: a note is kept with the time of the run, and shown; what is no note is refused with the reason", async () => {
  const { app, session } = served();
  const post = (payload: object) => app.inject({ method: "POST", url: `/${token}/live/notes`, headers: { host: "localhost:1" }, payload });
  const early = await post({ text: "too early" });
  expect({ status: early.statusCode, message: early.json<{ error: { message: string } }>().error.message }).toMatchObject({ status: 409, message: expect.stringContaining("the timeline of the run does not go on") as string });
  const kept: object[] = [];
  session.hand.takeNotes({ nowMs: () => 61_000 }, (note) => void kept.push(note));
  expect((await post({ text: "<b>pager</b>" })).json()).toEqual({ atMs: 61_000, text: "<b>pager</b>" });
  expect([(await post({ text: "" })).statusCode, (await post({ text: 7 })).statusCode, (await post({})).statusCode]).toEqual([409, 200, 400]);
  expect(kept).toEqual([{ atMs: 61_000, text: "<b>pager</b>" }, { atMs: 61_000, text: "7" }]);
  expect(session.parts.notes).toContain("<li><b>1:01</b> &lt;b&gt;pager&lt;/b&gt;</li>");
});

test("liveRoutes: a fault that is offered is injected and lifted; any other is refused with the reason", async () => {
  const { app, session } = served();
  const post = (path: string, payload: object) => app.inject({ method: "POST", url: `/${token}/live/${path}`, headers: { host: "localhost:1" }, payload });
  expect((await post("faults", { fault: "offered-1", lengthMs: 2_000 })).statusCode).toBe(409);
  expect((await post("faults/lift", { fault: "hand-1" })).statusCode).toBe(409);
  const asked: string[] = [];
  const play = {
    inject: (fault: Fault, lengthMs: number) => {
      asked.push(`inject ${fault.title} for ${lengthMs}`);
      return { ...fault, id: "hand-1" };
    },
    lift: (id: string) => void asked.push(`lift ${id}`),
  };
  session.hand.takeFaults([faultOf({ id: "offered-1", title: "The link down" })], play);
  expect((await post("faults", { fault: "offered-1", lengthMs: 2_000 })).json()).toEqual({ fault: "hand-1" });
  expect((await post("faults", { fault: "offered-9", lengthMs: 2_000 })).json()).toMatchObject({ error: { message: expect.stringContaining("this run does not offer it now") as string } });
  expect([(await post("faults", { fault: "offered-1" })).statusCode, (await post("faults", { fault: "offered-1", lengthMs: 1.5 })).statusCode]).toEqual([400, 400]);
  expect((await post("faults/lift", { fault: "hand-1" })).statusCode).toBe(200);
  expect(asked).toEqual(["inject The link down for 2000", "lift hand-1"]);
});

test("liveRoutes: break-glass is asked for with its terms, and ended; without all of them, or where no run takes it, it is refused", async () => {
  const { app, session } = served();
  const post = (path: string, payload: object) => app.inject({ method: "POST", url: `/${token}/live/${path}`, headers: { host: "localhost:1" }, payload });
  const window = { minutes: 5, reason: "the gateway is dead", operator: "ann" };
  expect([(await post("break-glass", { team: "support", ...window })).statusCode, (await post("break-glass/back", { team: "support" })).statusCode]).toEqual([409, 409]);
  const asked: unknown[] = [];
  session.hand.takeBypass({ teams: ["support"], open: (team, given) => (asked.push([team, given]), {} as never), close: (team) => void asked.push(team) });
  expect(session.allowed.breakGlass).toBe(true);
  expect((await post("break-glass", { team: "support", minutes: 5 })).statusCode).toBe(400);
  expect((await post("break-glass", { team: "support", ...window })).json()).toEqual({ team: "support" });
  expect((await post("break-glass/back", { team: "support" })).statusCode).toBe(200);
  expect(asked).toEqual([["support", window], "support"]);
});

/** Reads server-sent events over a socket until `until` holds. */
async function eventsOf(url: string, until: (events: readonly string[]) => boolean): Promise<readonly string[]> {
  const found = Promise.withResolvers<readonly string[]>();
  let text = "";
  const asked = request(url, (answer) => {
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const events = text.split("\n\n").slice(0, -1);
      if (!until(events)) return;
      found.resolve(events);
      asked.destroy();
    });
  });
  asked.on("error", found.reject).end();
  return found.promise;
}

test("streamLive: a page gets everything when it comes, then what has changed, then the end of the run", async () => {
  const { session } = served();
  const onlookers: { readonly count: number }[] = [];
  await using server = await startUiServer(0, (app) => void onlookers.push(liveRoutes(app, () => session)));
  const read = eventsOf(`${server.url}live/events`, (events) => {
    if (events.length === 2) session.onProgress({ type: "live", live });
    if (events.length === 3) session.end({ verdict: "held", reason: "All is well.", directory: null });
    return events.some((event) => event.startsWith("event: over"));
  });
  const [first, allowed, second, third, ...others] = await read;
  expect(Object.keys(JSON.parse(first!.split("data: ")[1]!) as object)).toContain("title");
  expect(allowed).toBe('event: allowed\ndata: {"stop":true,"note":false,"inject":false,"breakGlass":false}');
  const figures = JSON.parse(second!.split("data: ")[1]!) as Readonly<Record<string, string>>;
  expect(Object.keys(figures)).toEqual(["clock", "figures", "troubles"]);
  expect(figures["figures"]).toContain('<data value="1500">1500</data>');
  expect(third).toContain("All is well.");
  expect(others.at(-1)).toBe("event: over\ndata: true");
  expect(onlookers).toHaveLength(1);
});
