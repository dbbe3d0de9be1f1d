import type { z } from "zod";
import { fileSchema } from "../../gateway/config/file-schema.ts";
import { gatewayStringUses } from "../../gateway/config/string-uses.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import type { Problem } from "../../scenarios/parse.ts";
import { scenarioSchema, type Scenario } from "../../scenarios/schema.ts";
import { stringsIn, type StringUses, type UsedString } from "../../scenarios/schema-strings.ts";
import { stackSchema, type Stack } from "../../scenarios/stack-schema.ts";
import { stringUses } from "../../scenarios/string-uses.ts";
import { isLoopback } from "../targets/loopback.ts";
import { simulatorKeyVariable } from "./gateway-config.ts";
import { profileSchema } from "./profile-schema.ts";

/**
 * The gate for what files say that leads out of a run: URLs, addresses to listen at, secrets (docs/safety.md). Files
 * are shared between people, so each of these is refused unless the field's schema registers what it is for, and the
 * gate allows that use there.
 */

/** A URL of a file that the run would dial, to be judged by `allowedTarget` before anything starts. */
export interface NamedTarget {
  readonly file: "scenario" | "stack";
  readonly path: Problem["path"];
  readonly url: string;
}

/** Secrets that a run itself provides: a file may name these and no others. */
const secretsOfRun: readonly string[] = [`env:${simulatorKeyVariable}`];

/** What may not stand in a scenario. Its targets are `targetsIn`. */
export const scenarioGate = (scenario: Scenario): readonly Problem[] => problemsIn(scenario, scenarioSchema, stringUses, isJudgedLater);

/**
 * What may not stand in a stack, the reference gateway's section included: a gateway of a run reaches loopback, and the
 * URLs are written out.
 */
export function stackGate({ gateway, ...stack }: Stack): readonly Problem[] {
  const ofGateway = problemsIn(gateway, fileSchema, gatewayStringUses, isLoopbackUrl);
  return [...problemsIn(stack, stackSchema, stringUses, isJudgedLater), ...ofGateway.map(({ path, message }) => ({ path: ["gateway", ...path], message }))];
}

export const incidentGate = (incident: Incident): readonly Problem[] => problemsIn(incident, incidentSchema, stringUses, isLoopbackUrl);

export const profileGate = (profile: z.output<typeof profileSchema>): readonly Problem[] => problemsIn({ ...profile, incident: null }, profileSchema, stringUses, isLoopbackUrl);

/** The URLs that a run of these would dial. */
export function targetsIn(scenario: Scenario, stack: Stack): readonly NamedTarget[] {
  const named = (file: NamedTarget["file"], value: unknown, schema: z.ZodType): readonly NamedTarget[] =>
    [...stringsIn(value, schema, stringUses)].flatMap(({ path, text, use }) => (use === "target" ? [{ file, path, url: text }] : []));
  return [...named("scenario", scenario, scenarioSchema), ...named("stack", { ...stack, gateway: {} }, stackSchema)];
}

function problemsIn(value: unknown, schema: z.ZodType, uses: StringUses, isTarget: (url: string) => boolean): readonly Problem[] {
  return [...stringsIn(value, schema, uses)].flatMap((string) => {
    const message = objectionTo(string, isTarget);
    return message === null ? [] : [{ path: string.path, message }];
  });
}

/** The text is not quoted: it may be a secret itself. */
function objectionTo({ text, use }: UsedString, isTarget: (url: string) => boolean): string | null {
  switch (use) {
    case "text":
      return null;
    case "target":
      return isTarget(text) ? null : "Expected a URL with a loopback address in figures, such as http://127.0.0.1:8080: the gateways of a run reach nothing beyond this machine";
    case "listen":
      return isLoopback(text) ? null : "Expected 127.0.0.1 or ::1: a run opens no port to the network";
    case "secret":
      return secretsOfRun.includes(text) ? null : `Expected ${secretsOfRun.join(" or ")}: a file names only secrets that the run itself provides, none of your environment or your disk`;
    case undefined:
      return leadsOut(text) ? "Expected neither a URL, an address nor a secret: this field is for something else" : null;
  }
}

/** Resolved, and compared with the allow-list of the person who starts the run, by `allowedTarget`. */
const isJudgedLater = (): boolean => true;

/** No names: what the gateway would look up need not be what was judged. */
function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ""));
}

const url = /^\s*([a-z][a-z0-9+.-]*:)?\/\//i;
const hostAndPort = /^\s*(\[[0-9a-f:.]+\]|[\w-]+(\.[\w-]+)*):\d{1,5}\s*$/i;
const reference = /^\s*(env|file|unix|data):\S/i;

/** Whether a text looks like something to dial, to listen at, or to read a secret from. */
export function leadsOut(text: string): boolean {
  return url.test(text) || hostAndPort.test(text) || reference.test(text);
}
