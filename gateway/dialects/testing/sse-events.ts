import { SseParser, type SseEvent } from "../sse.ts";

/** All events that these bytes complete. */
export function eventsIn(parser: SseParser, bytes: Uint8Array): SseEvent[] {
  parser.add(bytes);
  const events: SseEvent[] = [];
  for (let event = parser.next(); event !== null; event = parser.next()) events.push(event);
  return events;
}
