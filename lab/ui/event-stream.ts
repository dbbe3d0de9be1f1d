import type { ServerResponse } from "node:http";
import { livePartNames, type LiveParts } from "./live-parts.ts";
import type { LiveSession } from "./live-session.ts";

/**
 * Sends a page what has changed since it was sent last, as server-sent events, until it leaves. A page that reads
 * slowly is sent the newest state alone.
 */
export function streamLive(session: LiveSession, response: ServerResponse, onLeave: () => void): void {
  let sent: Partial<LiveParts> = {};
  let allowed = "";
  let isOver = false;
  let isDue = false;
  const write = (event: string, data: string) => void response.write(`event: ${event}\ndata: ${data}\n\n`);
  const send = () => {
    isDue = false;
    if (response.writableNeedDrain) return;
    const { parts } = session;
    const changed = Object.fromEntries(livePartNames.filter((name) => parts[name] !== sent[name]).map((name) => [name, parts[name]]));
    if (Object.keys(changed).length > 0) write("parts", JSON.stringify(changed));
    sent = parts;
    const now = JSON.stringify(session.allowed);
    if (now !== allowed) write("allowed", (allowed = now));
    if (session.ended !== null && !isOver) write("over", String((isOver = true)));
  };
  const sendSoon = () => {
    if (isDue) return;
    isDue = true;
    setImmediate(send);
  };
  const unwatch = session.watch(sendSoon);
  response.on("drain", sendSoon);
  response.on("error", () => {});
  response.once("close", () => {
    unwatch();
    onLeave();
  });
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
  send();
}
