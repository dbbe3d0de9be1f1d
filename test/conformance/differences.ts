import { normalisations } from "./normalise.ts";

/** A difference between the embedded proxy and Toxiproxy 2.12.0 that is meant. */
export interface Difference {
  readonly area: "Addresses" | "Control API" | "Connections" | "Toxics";
  readonly embedded: string;
  readonly toxiproxy: string;
  readonly why: string;
  /**
   * Where the check of toxiproxy-differences.test.ts runs: on both, or on the embedded proxy alone where the check
   * could harm the machine or the other.
   */
  readonly checkedOn: "both" | "embedded";
}

/** Every difference that is meant. Each has a check, and docs/toxiproxy-differences.md is rendered from this table. */
export const differences = {
  loopbackOnly: {
    area: "Addresses",
    embedded: "A listen or upstream address that is not on loopback, or does not resolve, is refused with 400.",
    toxiproxy: "Any address is accepted.",
    why: "The lab's safety rule: it breaks nothing but what runs on this machine.",
    checkedOn: "embedded",
  },
  listenDefault: {
    area: "Addresses",
    embedded: "No `listen` means a free port of 127.0.0.1.",
    toxiproxy: "No `listen` means a free port of every interface.",
    why: "The same safety rule.",
    checkedOn: "embedded",
  },
  resolvedOnce: {
    area: "Addresses",
    embedded: "The name of an upstream is resolved when the proxy is created or moved. Each dial tries all its addresses.",
    toxiproxy: "The name is resolved for each dial. Each dial tries all its addresses.",
    why: "Only addresses that were checked are ever dialled. A name that changes later cannot lead out of loopback.",
    checkedOn: "embedded",
  },
  toxicsOnCreate: {
    area: "Control API",
    embedded: "`toxics` in `POST /proxies` are in force before the first connection. A bad one refuses the whole request.",
    toxiproxy: "`toxics` are ignored.",
    why: "No connection escapes between two calls (Toxiproxy's issue 148).",
    checkedOn: "both",
  },
  atomicUpdate: {
    area: "Control API",
    embedded: "An update of a toxic that is refused changes nothing.",
    toxiproxy: "Attributes before the bad one are changed.",
    why: "A refused request has no effect.",
    checkedOn: "both",
  },
  bodyLimit: {
    area: "Control API",
    embedded: "A body over 1 MiB is refused with 413.",
    toxiproxy: "There is no limit.",
    why: "A client's mistake cannot exhaust the memory of the process that carries the run.",
    checkedOn: "both",
  },
  foreignRequests: {
    area: "Control API",
    embedded: "Refused: a Host that is not loopback and an Origin of another server with 403, a body of another type than JSON with 415. A body may have no type.",
    toxiproxy: "Only browsers are refused, by their user agent.",
    why: "A page in a browser, or a name that leads to loopback, must not move the network of a run. Toxiproxy's own clients send JSON.",
    checkedOn: "both",
  },
  pathCleaning: {
    area: "Control API",
    embedded: "A path with an empty part, such as `//proxies`, is 404.",
    toxiproxy: "Such a path is redirected.",
    why: "No client of the API relies on it.",
    checkedOn: "both",
  },
  editsNeverWait: {
    area: "Control API",
    embedded: "Removing a toxic returns at once and loses nothing, however slowly a client reads.",
    toxiproxy: "The call waits until the client has read, up to 5 s for each chunk, which is then dropped. It can wait for ever (decision 40).",
    why: "Faults are lifted at their planned time.",
    checkedOn: "both",
  },
  dialApart: {
    area: "Connections",
    embedded: "Each client's upstream is dialled on its own, for at most 5 s. Then the client is closed.",
    toxiproxy: "Upstreams are dialled one after the other in the accept loop, without a limit.",
    why: "One upstream that does not answer must not stall the clients behind it: the lab would blame the gateway.",
    checkedOn: "both",
  },
  halfClose: {
    area: "Connections",
    embedded: "A half-close is passed on, and the other direction stays open.",
    toxiproxy: "The end of one direction closes the connection.",
    why: "A client that closes its side after the request still gets its answer, as without a proxy.",
    checkedOn: "both",
  },
  coinOnce: {
    area: "Toxics",
    embedded: "Toxicity is decided once for a connection and toxic. It follows from the seed, as do jitter and sizes of slices.",
    toxiproxy: "An edit of a toxic, or of its neighbour, decides again. Nothing can be seeded.",
    why: "A run can be repeated, and one fault does not change another.",
    checkedOn: "embedded",
  },
  attributesNeverKill: {
    area: "Toxics",
    embedded: "`slicer` with an `average_size` below 1 cuts nothing, a variation is held below the average, a negative rate is 0.",
    toxiproxy: "The server dies.",
    why: "A bad attribute must not end the run (Toxiproxy's issues 178 and 541).",
    checkedOn: "embedded",
  },
  resetOnlyTaken: {
    area: "Toxics",
    embedded: "`reset_peer` resets only the connections that its toxicity takes.",
    toxiproxy: "Spared connections end with RST too.",
    why: "Toxicity means the share of connections (Toxiproxy's issue 603).",
    checkedOn: "both",
  },
  resetLive: {
    area: "Toxics",
    embedded: "`reset_peer` added to a live connection resets it.",
    toxiproxy: "Such a connection ends with FIN.",
    why: "Faults begin under load, on connections that are open.",
    checkedOn: "both",
  },
  resetInterrupted: {
    area: "Toxics",
    embedded: "`reset_peer` removed while it waits lets the data through.",
    toxiproxy: "The call waits, and the connection is closed.",
    why: "A lifted fault acts no more.",
    checkedOn: "embedded",
  },
  timeoutSpared: {
    area: "Toxics",
    embedded: "Removing a `timeout` closes only the connections that its toxicity takes.",
    toxiproxy: "All connections are closed.",
    why: "A spared connection has lost no data, so nothing needs it closed.",
    checkedOn: "both",
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceName = keyof typeof differences;

/** docs/toxiproxy-differences.md, from the tables in code. */
export function differencesPage(): string {
  const all: readonly (readonly [string, Difference])[] = Object.entries(differences);
  const sections = [...new Set(all.map(([, { area }]) => area))].map((area) => {
    const rows = all.filter(([, difference]) => difference.area === area);
    return `## ${area}\n\n${table(
      ["", "Embedded proxy", "Toxiproxy", "Why", "Checked on"],
      rows.map(([name, { embedded, toxiproxy, why, checkedOn }]) => [`\`${name}\``, embedded, toxiproxy, why, checkedOn]),
    )}`;
  });
  const texts = table(["What", "Why"], normalisations.map(({ what, why }) => [what, why]));
  return `${introduction(all.length)}\n\n${sections.join("\n\n")}\n\n## Texts of the control API\n\nNot compared byte for byte:\n\n${texts}\n`;
}

const introduction = (count: number) => `# How the embedded proxy differs from Toxiproxy

The embedded network proxy (\`simulators/network\`) serves the control API of Toxiproxy 2.12.0 and its eight toxics. One
conformance suite (\`test/conformance\`) runs on both. These ${count} differences are meant, and each has a check in
\`toxiproxy-differences.test.ts\`. Everything else that the suite covers is equal, also where it may surprise:
\`POST /populate\` ignores \`toxics\`. Its process has a config file of its own (\`docs/ARCHITECTURE.md\`) in place of
Toxiproxy's flags and \`-config\` file, and it has no metrics.

How fast it is beside Toxiproxy: [results/network-proxy.md](results/network-proxy.md).

This page is rendered from \`test/conformance/differences.ts\`. A test compares them. After a change of the table:
\`npx vitest run test/conformance/differences-page.test.ts -u\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
