/**
 * What may differ between the HTTP transcripts of the embedded proxy and of Toxiproxy 2.12.0, and why. Beyond this and
 * `differences` (differences.ts) they are equal, byte for byte.
 */
export interface Normalisation {
  readonly what: string;
  readonly why: string;
  readonly apply: (body: string) => string;
}

export const normalisations: readonly Normalisation[] = [
  {
    what: "ports that were listened on",
    why: "the kernel picks them",
    apply: (body) => body.replace(/(?<=("listen":"|listen tcp )127\.0\.0\.1:)(?!0\b)\d+/g, "PORT"),
  },
  {
    what: "Logger",
    why: "an exported field of a Go struct that Toxiproxy shows by accident, always {}; the embedded proxy leaves it out",
    apply: (body) => body.replaceAll('"Logger":{},', ""),
  },
  { what: "version", why: "each names its own", apply: (body) => body.replace(/\{"version": "[^"]*"\}/, '{"version": "VERSION"}') },
  {
    what: "what is wrong with a body",
    why: "Toxiproxy uses the words of Go's JSON decoder, with its type names; the embedded proxy has its own",
    apply: (body) => body.replace(/("error":"bad request body: )(?:[^"\\]|\\.)*"/, '$1DETAIL"'),
  },
];

/**
 * Headers that are compared. `x-toxiproxy-request-id` only as present or absent, since it is random; `date`,
 * `connection` and `keep-alive` are of the HTTP server; `content-length` follows from the body.
 */
export const comparedHeaders = ["content-type", "x-content-type-options", "location"] as const;

export function normalise(body: string): string {
  return normalisations.reduce((text, { apply }) => apply(text), body);
}
