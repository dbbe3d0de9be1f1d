import { expect, test } from "vitest";
import { exponential, logNormal, seededRng } from "../../../kernel/rng.ts";
import type { Exchange } from "./exchange.ts";
import { fitLatency } from "./fit.ts";

const rng = seededRng(3, "fit");
const blank: Exchange = { atMs: 0, end: "answered", failure: null, stream: true, firstTokenMs: null, lastTokenMs: null, tokens: null, totalMs: 0, requestBytes: 10, responseBytes: 10 };

/** A provider of the profile's own physics: median 400 ms, sigma 0.5, 80 tokens a second. */
function draw(stream: boolean): Exchange {
  const firstTokenMs = logNormal(rng, 400, stream ? 0.5 : 0.05);
  const tokens = 5 + Math.floor(rng.next() * 100);
  let lastTokenMs = firstTokenMs;
  for (let token = 1; token < tokens; token++) lastTokenMs += exponential(rng, 1000 / 80);
  return stream ? { ...blank, firstTokenMs, lastTokenMs, tokens, totalMs: lastTokenMs } : { ...blank, stream, tokens, totalMs: lastTokenMs };
}

test("fitLatency: streams of known physics give it back", () => {
  const fit = fitLatency(Array.from({ length: 2_000 }, () => draw(true)))!;
  expect(fit).toMatchObject({ samples: 2_000, from: "streams" });
  expect(fit.firstTokenMsP50 / 400).toBeCloseTo(1, 1);
  expect(fit.firstTokenSigma / 0.5).toBeCloseTo(1, 1);
  expect(fit.tokensPerSecond / 80).toBeCloseTo(1, 1);
});

test("fitLatency: without streams, from whole answers of different lengths", () => {
  const fit = fitLatency(Array.from({ length: 300 }, () => draw(false)))!;
  expect(fit).toMatchObject({ samples: 300, from: "whole_answers" });
  expect(fit.firstTokenMsP50 / 400).toBeCloseTo(1, 1);
  expect(fit.tokensPerSecond / 80).toBeCloseTo(1, 1);
});

test("fitLatency: too few, failures, and answers all of one length give no profile", () => {
  expect(fitLatency(Array.from({ length: 9 }, () => draw(true)))).toBeNull();
  expect(fitLatency(Array.from({ length: 50 }, () => ({ ...draw(true), end: "truncated" as const })))).toBeNull();
  expect(fitLatency(Array.from({ length: 50 }, () => ({ ...draw(false), tokens: 7 })))).toBeNull();
});
