import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../../kernel/errors.ts";
import { DrillClient, type DrillAnswer } from "./drill-client.ts";
import type { DrillStack } from "./drill-stack.ts";

export interface DrillOptions {
  readonly routes: readonly string[];
  /** One of the team's client keys. */
  readonly clientKey: string;
  /** Gateways of the drill's own, which it kills; a URL: those of the team, which somebody has stopped. */
  readonly gateways: DrillStack | string;
  /** Where the team's clients are led now; undefined: to the gateways. */
  readonly target: () => string | undefined;
  /** The one command. */
  readonly open: () => Promise<{ readonly url: string }>;
  readonly close: () => Promise<unknown>;
  readonly onStep: (text: string) => void;
  /** Ctrl-C: the window is ended, and the gateways of the drill's own. */
  readonly signal: AbortSignal;
}

/** What a drill saw, as the audit log keeps it. */
export interface DrillResult {
  readonly passed: boolean;
  /** Gateways that the drill killed; 0: somebody else had stopped them. */
  readonly killed: number;
  /** Whether a gateway answered when the command was given: then the drill shows nothing. */
  readonly gatewayAnswered: boolean;
  /** From the command to the first good answer, ms; null: there was none. */
  readonly restoredMs: number | null;
  /** Answers lost from the kill, or else the command, to the first good one. */
  readonly lost: number;
  /** Answers lost after that: past the gateways, and on the way back. Null: no gateway to go back to. */
  readonly lostAtEnd: number | null;
  readonly routesAsked: number;
  readonly routesAnswered: number;
  /** Nothing answers at the shim's address after the end. */
  readonly closed: boolean;
}

/** Clients must have their answers again within this. */
const restoredMsMax = 10_000;
/** A route that failed so often is not waited for. */
const failuresMax = 4;
const lookMs = 25;
const patienceMs = 12_000;
/** The shim serves for a second after the end. */
const goneMs = 10_000;

/**
 * Asks through gateways, kills them all, gives the one command, waits until every route answers past them, starts them
 * again, ends the window, and sees whether anything was lost on the way back. Whatever comes of it, the window is
 * ended. Rejects when it is interrupted, or when the gateways do not answer in the first place.
 */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { gateways, routes, onStep, open, close, signal } = options;
  const own = typeof gateways === "string" ? null : gateways;
  await own?.start();
  await using client = new DrillClient({ ...options, gateways: () => (own === null ? [gateways as string] : own.urls) });
  const { answers } = client;
  const until = (done: () => boolean, withinMs = patienceMs) => waitUntil(done, withinMs, signal);
  const allAnswer = (sinceMs: number, past: boolean) => routes.filter((route) => answers.some((answer) => answer.route === route && answer.good && answer.past === past && answer.sentMs >= sinceMs)).length;
  let killed = 0;
  let deadFromMs = performance.now();
  if (own !== null) {
    onStep(`${own.urls.length} gateways serve; asking ${routes.length} routes through them`);
    if (!(await until(() => allAnswer(0, false) === routes.length))) throw notAnswering(allAnswer(0, false), routes.length);
    deadFromMs = performance.now();
    killed = await own.kill();
    onStep(`killed ${killed} of ${killed} gateways`);
  }
  const gatewayAnswered = await anyAnswers(own?.urls ?? [gateways as string]);
  const commandMs = performance.now();
  let windowOpen = false;
  let url: string;
  try {
    onStep("break-glass on");
    windowOpen = true;
    ({ url } = await open());
    const hasFailed = (route: string) => answers.filter((answer) => answer.route === route && answer.past && !answer.good).length >= failuresMax;
    await until(() => routes.every((route) => hasFailed(route) || answers.some((answer) => answer.route === route && answer.past && answer.good)));
    const first = answers.filter(({ good, past, sentMs }) => good && past && sentMs >= commandMs).reduce((earliest, { endMs }) => Math.min(earliest, endMs), Infinity);
    const restoredMs = first === Infinity ? null : Math.round(first - commandMs);
    const routesAnswered = allAnswer(commandMs, true);
    onStep(restoredMs === null ? "no answer came past the gateways" : `first good answer after ${restoredMs} ms; ${routesAnswered} of ${routes.length} routes answer past the gateways`);
    await own?.start();
    if (own !== null) onStep(`${own.urls.length} gateways serve again`);
    const offMs = performance.now();
    await close();
    windowOpen = false;
    onStep("break-glass off");
    if (own !== null) await until(() => allAnswer(offMs, false) === routes.length);
    const closed = await untilGone(url, signal);
    const isLost = ({ good }: DrillAnswer) => !good;
    const lost = answers.filter((answer) => isLost(answer) && answer.endMs >= deadFromMs && answer.sentMs < Math.min(first, offMs)).length;
    const lostAtEnd = own === null ? null : answers.filter((answer) => isLost(answer) && answer.sentMs >= Math.min(first, offMs)).length;
    const passed = !gatewayAnswered && restoredMs !== null && restoredMs <= restoredMsMax && routesAnswered === routes.length && closed && (lostAtEnd ?? 0) === 0;
    return { passed, killed, gatewayAnswered, restoredMs, lost, lostAtEnd, routesAsked: routes.length, routesAnswered, closed };
  } finally {
    if (windowOpen) {
      onStep("ending the window");
      await close().catch(() => {});
    }
  }
}

const notAnswering = (answering: number, routes: number) =>
  new LabError({ exit: "failed", code: "drill_not_begun", message: `The drill was not begun: only ${answering} of ${routes} routes answer through gateways of its own`, hint: "nothing was opened; see whether the providers' keys and the routes of break-glass.json are right" });

/** False: not within that time. Rejects when the drill is interrupted. */
async function waitUntil(done: () => boolean, withinMs: number, signal: AbortSignal): Promise<boolean> {
  for (const endMs = performance.now() + withinMs; performance.now() < endMs; ) {
    if (done()) return true;
    await sleep(lookMs, undefined, { signal });
  }
  return false;
}

async function untilGone(url: string, signal: AbortSignal): Promise<boolean> {
  for (const endMs = performance.now() + goneMs; performance.now() < endMs; ) {
    if (!(await listens(url))) return true;
    await sleep(lookMs, undefined, { signal });
  }
  return false;
}

/** By a connection alone: a request would be in the audit log. */
async function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const anyAnswers = async (urls: readonly string[]) => (await Promise.all(urls.map((url) => answers(`${url}/health/live`)))).includes(true);

function answers(url: string): Promise<boolean> {
  return fetch(url, { redirect: "manual", signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}
