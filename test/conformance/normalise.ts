/**
 * The committed list of what may differ between the HTTP transcripts of the embedded proxy and of Toxiproxy 2.12.0, and why. Beyond this
 * and `differences` below they are equal, byte for byte.
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
    why: "an exported field of a Go struct that Toxiproxy shows by accident, always {}; ours is left out",
    apply: (body) => body.replaceAll('"Logger":{},', ""),
  },
  { what: "version", why: "each says its own", apply: (body) => body.replace(/\{"version": "[^"]*"\}/, '{"version": "VERSION"}') },
  {
    what: "what is wrong with a body",
    why: "the words of Go's JSON decoder, with its type names; ours says the same in its own",
    apply: (body) => body.replace(/("error":"bad request body: )(?:[^"\\]|\\.)*"/, '$1DETAIL"'),
  },
];

/**
 * Headers that are compared. `x-toxiproxy-request-id` only as present or absent, since it is random; `date`, `connection` and `keep-alive`
 * are of the HTTP server; `content-length` follows from the body.
 */
export const comparedHeaders = ["content-type", "x-content-type-options", "location"] as const;

export function normalise(body: string): string {
  return normalisations.reduce((text, { apply }) => apply(text), body);
}

/** What is meant to differ, with why. Each is tested, on both where both can be asked. */
export const differences = {
  loopbackOnly: "A listen or upstream address that is not loopback, or cannot be resolved, is refused with 400: the lab's safety rule.",
  listenDefault: "No listen address means a free port of 127.0.0.1, where Toxiproxy binds every interface: the same rule.",
  toxicsOnCreate: "`toxics` in POST /proxies are in force from the first connection; Toxiproxy ignores them (its issue 148).",
  atomicUpdate: "An update of a toxic that is refused changes nothing; Toxiproxy keeps the attributes that came before the bad one.",
  bodyLimit: "A body over 1 MiB is refused with 413; Toxiproxy has no limit.",
  pathCleaning: "A path with empty parts, such as //proxies, is 404; Toxiproxy's router redirects it.",
  halfClose: "A client's half-close is passed on, and it gets its answer; Toxiproxy closes the connection.",
  resetOnlyTaken: "reset_peer resets only connections that its toxicity took; Toxiproxy's also makes spared ones end with RST (its issue 603).",
  resetLive: "reset_peer added to a live connection resets it; in Toxiproxy such a connection gets FIN.",
  resetInterrupted: "reset_peer removed while it waits lets the data through; in Toxiproxy the call waits and the connection is closed.",
  timeoutSpared: "Removing a timeout closes only connections that its toxicity took; in Toxiproxy all.",
  coinOnce: "Toxicity is decided once a connection and toxic, by the seed; in Toxiproxy an edit of a neighbour throws the coin again.",
  attributesNeverKill: "slicer with average_size below 1 cuts nothing, its variation is held below the average, a negative rate is 0; Toxiproxy dies.",
} as const;
