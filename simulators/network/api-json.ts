import type { ShownToxic } from "./toxic-body.ts";

export interface ShownProxy {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: readonly ShownToxic[];
}

/** A JSON string as Go writes it: safe inside HTML too. */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A 32-bit float with as few digits as identify it, as Go writes a `float32`. */
export function jsonFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return numberText(short);
  }
  return numberText(Number(value.toPrecision(9)));
}

const numberText = (value: number) => (Object.is(value, -0) ? "-0" : String(value));

export function jsonToxic({ attributes, name, type, stream, toxicity }: ShownToxic): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${jsonString(key)}:${value}`);
  const rest = `"name":${jsonString(name)},"type":${jsonString(type)},"stream":${jsonString(stream)},"toxicity":${jsonFloat32(toxicity)}`;
  return `{"attributes":{${pairs.join(",")}},${rest}}`;
}

export function jsonToxics(toxics: readonly ShownToxic[]): string {
  return `[${toxics.map(jsonToxic).join(",")}]`;
}

export function jsonProxy({ name, listen, upstream, enabled, toxics }: ShownProxy): string {
  const settings = `"name":${jsonString(name)},"listen":${jsonString(listen)},"upstream":${jsonString(upstream)},"enabled":${enabled}`;
  return `{${settings},"toxics":${jsonToxics(toxics)}}`;
}

export function jsonError(status: number, message: string): string {
  return `{"error":${jsonString(message)},"status":${status}}`;
}
