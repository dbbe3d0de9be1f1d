import { expect, test } from "vitest";
import { statedWindow } from "./stated-window.ts";

const ms = (iso: string) => Date.parse(iso);
const iso = (window: { startMs: number; endMs: number } | null) => window && [new Date(window.startMs).toISOString().slice(0, 16), new Date(window.endMs).toISOString().slice(0, 16)];

/** The page's own times: the two hours before the update. */
function stated(text: string, posted: string, pageStart?: string) {
  const postedMs = ms(posted);
  return iso(statedWindow(text, postedMs, { startMs: pageStart === undefined ? postedMs - 7_200_000 : ms(pageStart), endMs: postedMs }));
}

test.each([
  ["The issue affecting Claude services has been resolved. Impact occurred from 13:57 to 14:20 UTC", "2026-09-11T14:37:11Z", "2026-09-11T13:57", "2026-09-11T14:20"],
  ["Impact occurred from 17:34–18:52 UTC.", "2026-04-28T18:59:00Z", "2026-04-28T17:34", "2026-04-28T18:52"],
  ["Errors were elevated between 13:57 and 14:20 UTC.", "2026-09-11T14:37:11Z", "2026-09-11T13:57", "2026-09-11T14:20"],
  ["We saw elevated error rates on requests to multiple models from 7:08am PT / 14:08 UTC through 8:33am PT / 15:33 UTC.", "2026-06-23T16:05:37Z", "2026-06-23T14:08", "2026-06-23T15:33"],
  ["Impact occurred from 5:50pm PT / 00:50 UTC to 7:10pm PT / 02:10 UTC.", "2026-09-22T02:35:00Z", "2026-09-22T00:50", "2026-09-22T02:10"],
  ["The incident started at 9:52 PT / 17:52 UTC and ended at 9:56 PT / 17:56 UTC.", "2026-02-03T18:03:31Z", "2026-02-03T17:52", "2026-02-03T17:56"],
  ["The issue affected all images uploaded from 5am to 9am Pacific Time", "2024-06-03T16:48:27Z", "2024-06-03T12:00", "2024-06-03T16:00"],
  ["Opus in Vertex was completely unreachable from 1:58pm PT until 8:26pm PT", "2024-06-05T03:58:38Z", "2024-06-04T20:58", "2024-06-05T03:26"],
  ["From 08:45 UTC on July 8th to 02:00 UTC on July 10th, Claude Sonnet 4 experienced a degradation in quality for some requests.", "2025-07-10T23:29:53Z", "2025-07-08T08:45", "2025-07-10T02:00", "2025-07-10T02:00:00Z"],
  ["On June 17th, 2024, from 11:39 am to 2:02 pm PT, ChatGPT experienced an elevated error rate.", "2024-06-18T01:05:00Z", "2024-06-17T18:39", "2024-06-17T21:02"],
  ["Between 4:06pm and 4:30pm PT, ChatGPT was unavailable to all users.", "2024-11-09T01:00:00Z", "2024-11-09T00:06", "2024-11-09T00:30"],
  ["Customers had errors from 10 to 11:30 pm ET.", "2026-01-10T05:00:00Z", "2026-01-10T03:00", "2026-01-10T04:30"],
  ["Elevated errors from 23:50 to 00:20 UTC.", "2026-03-02T01:00:00Z", "2026-03-01T23:50", "2026-03-02T00:20"],
  ["A portion of the zone was degraded from 07:41 to 11:52 US/Pacific.", "2026-09-01T20:00:00Z", "2026-09-01T14:41", "2026-09-01T18:52"],
  ["From 17:23 to 18:00 UTC all models had errors. From 18:00 to 19:20 UTC Opus 4.8 alone had errors.", "2026-06-16T19:40:00Z", "2026-06-16T17:23", "2026-06-16T19:20"],
  ["On December 31 from 23:00 to 23:30 UTC requests failed.", "2026-01-01T02:00:00Z", "2025-12-31T23:00", "2025-12-31T23:30"],
])("statedWindow: %s", (text, posted, start, end, pageStart?: string) => {
  expect(stated(text, posted, pageStart)).toEqual([start, end]);
});

test.each([
  ["no window", "This incident has been resolved."],
  ["a time without a zone", "Impact occurred from 13:57 to 14:20."],
  ["numbers that are no times", "Between 10 and 20 percent of requests failed from clients."],
  ["a window about something else", "Maintenance is planned from 20:00 to 22:00 UTC."],
  ["a window that is not over", "We expect errors from 14:00 to 23:00 UTC on September 12."],
  ["a window of another day", "This is like the outage from 10:00 to 11:00 UTC on September 2."],
  ["times that no clock shows", "Impact occurred from 13:99 to 25:20 UTC."],
])("statedWindow: %s is none", (_what, text) => {
  expect(stated(text, "2026-09-11T14:37:11Z")).toBeNull();
});
