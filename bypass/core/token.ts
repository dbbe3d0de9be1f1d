/** What a break-glass token allows. All of it is signed. */
export interface TokenClaims {
  readonly team: string;
  readonly providers: readonly string[];
  /** Unix ms. */
  readonly issuedAtMs: number;
  readonly notAfterMs: number;
  readonly reason: string;
  readonly operator: string;
  /** The fingerprint of the installation that may use it. */
  readonly installation: string;
}

export const windowMsMin = 60_000;
export const windowMsMax = 4 * 3_600_000;
export const coolDownMs = 15 * 60_000;
export const reasonLengthMin = 10;

/** Time by which two clocks of one machine may differ, as after a correction. */
const toleranceMs = 5_000;

/** A token's text: the signed text and its signature, both base64url. */
export function partsOf(token: string): { readonly payload: string; readonly signature: string } | null {
  const [, payload, signature] = /^([\w-]+)\.([\w-]+)$/.exec(token) ?? [];
  return payload === undefined || signature === undefined ? null : { payload, signature };
}

/** The claims of a signed text that is JSON; null: it holds no claims. */
export function claimsOf(text: string): TokenClaims | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { team, providers, issuedAtMs, notAfterMs, reason, operator, installation } = value as Record<string, unknown>;
  const areTexts = [team, reason, operator, installation].every((text) => typeof text === "string" && text !== "");
  const areTimes = Number.isSafeInteger(issuedAtMs) && Number.isSafeInteger(notAfterMs);
  const areProviders = Array.isArray(providers) && providers.length > 0 && providers.every((provider) => typeof provider === "string");
  return areTexts && areTimes && areProviders ? (value as TokenClaims) : null;
}

/** Why these claims, whose signature is good, allow nothing here and now; null: they do. */
export function claimsProblem(claims: TokenClaims, at: { readonly team: string; readonly installation: string; readonly nowMs: number }): string | null {
  if (claims.team !== at.team) return `The token is for team "${claims.team}"`;
  if (claims.installation !== at.installation) return "The token belongs to another installation";
  if (claims.issuedAtMs > at.nowMs + toleranceMs) return "The token was issued in the future: a clock is wrong";
  if (claims.notAfterMs - claims.issuedAtMs > windowMsMax) return `The token allows more than ${windowMsMax / 3_600_000} hours`;
  if (claims.notAfterMs <= at.nowMs) return "The token has expired";
  if (claims.reason.trim().length < reasonLengthMin) return `The token's reason has fewer than ${reasonLengthMin} characters`;
  return null;
}

/** Why no window may be opened; null: one may. */
export function windowProblem({ forMs, reason, lastEndMs, nowMs }: { forMs: number; reason: string; lastEndMs: number | null; nowMs: number }): string | null {
  if (!(forMs >= windowMsMin && forMs <= windowMsMax)) return "A window lasts between 1 minute and 4 hours";
  if (reason.trim().length < reasonLengthMin) return `A reason has at least ${reasonLengthMin} characters`;
  if (lastEndMs !== null && nowMs < lastEndMs + coolDownMs) return `The team's last window ended less than 15 minutes ago: wait ${Math.ceil((lastEndMs + coolDownMs - nowMs) / 1_000)} s more`;
  return null;
}
