import fc from "fast-check";
import { expect, test } from "vitest";
import { claimsOf, claimsProblem, coolDownMs, partsOf, windowMsMax, windowMsMin, windowProblem, type TokenClaims } from "./token.ts";

const claims: TokenClaims = { team: "search", providers: ["openai"], issuedAtMs: 1_000_000, notAfterMs: 2_000_000, reason: "the gateway is dead", operator: "ann", installation: "here" };
const at = { team: "search", installation: "here", nowMs: 1_500_000 };

test("claimsProblem: a token is good for its team, its installation and its time alone", () => {
  expect(claimsProblem(claims, at)).toBeNull();
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.integer({ min: 0, max: 4_000_000 }), (team, installation, nowMs) => {
      const isGood = team === at.team && installation === at.installation && nowMs >= claims.issuedAtMs - 5_000 && nowMs < claims.notAfterMs;
      expect(claimsProblem(claims, { team, installation, nowMs }) === null).toBe(isGood);
      expect(claimsProblem(claims, { ...at, nowMs }) === null).toBe(nowMs >= claims.issuedAtMs - 5_000 && nowMs < claims.notAfterMs);
    }),
  );
  expect(claimsProblem({ ...claims, notAfterMs: claims.issuedAtMs + windowMsMax + 1 }, at)).toBe("The token allows more than 4 hours");
  expect(claimsProblem({ ...claims, reason: "  because " }, at)).toContain("fewer than 10");
});

test("claimsOf: reads what was written, and nothing that lacks a claim or has another type", () => {
  expect(claimsOf(JSON.stringify(claims))).toEqual(claims);
  for (const name of Object.keys(claims)) {
    const { [name as "team"]: _removed, ...rest } = claims;
    expect(claimsOf(JSON.stringify(rest)), name).toBeNull();
    expect(claimsOf(JSON.stringify({ ...claims, [name]: {} })), name).toBeNull();
  }
  expect(claimsOf(JSON.stringify({ ...claims, providers: [] }))).toBeNull();
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(claimsOf(text)).toBeNull();
    }),
  );
});

test("partsOf: two parts of base64url, no more and no less", () => {
  expect(partsOf("ab.cd")).toEqual({ payload: "ab", signature: "cd" });
  expect(["", "ab", "ab.", ".cd", "ab.cd.ef", "a b.cd", "ab.cd\n"].map(partsOf)).toEqual(Array(7).fill(null));
});

test("windowProblem: a length within its limits, a reason, and the cool-down", () => {
  const wanted = { forMs: windowMsMin, reason: "the gateway is dead", lastEndMs: null, nowMs: 1e9 };
  expect(windowProblem(wanted)).toBeNull();
  expect(windowProblem({ ...wanted, forMs: windowMsMax })).toBeNull();
  for (const forMs of [windowMsMin - 1, windowMsMax + 1, Number.NaN]) expect(windowProblem({ ...wanted, forMs })).toBe("A window lasts between 1 minute and 4 hours");
  expect(windowProblem({ ...wanted, reason: "because    " })).toBe("A reason has at least 10 characters");
  expect(windowProblem({ ...wanted, lastEndMs: 1e9 - coolDownMs })).toBeNull();
  expect(windowProblem({ ...wanted, lastEndMs: 1e9 - coolDownMs + 1_000 })).toBe("The team's last window ended less than 15 minutes ago: wait 1 s more");
});
