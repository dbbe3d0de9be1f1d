import { fileURLToPath } from "node:url";

/**
 * The environment of the lab's children, as a list of what they may have. All else stays with the lab: a key in the
 * shell that started it, a proxy for outgoing requests, a collector of traces, options for every Node.
 */
const everyChild = ["PATH", "TMPDIR", "LANG", "LC_ALL", "TZ", "BLASTLAB_DEBUG"];

/** What parts may have besides, by what they do. */
export const variablesOf = {
  /** Calls a gateway of the user's, whose certificate may be known to this machine only. */
  caller: ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
  /** A program that is not the lab's and keeps settings in a home directory. */
  program: ["HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"],
  /** The client of a Docker engine, and the images that docker-compose.yml names. */
  engine: ["HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "BLASTLAB_NODE_IMAGE", "BLASTLAB_TOXIPROXY_IMAGE", "BLASTLAB_REDIS_IMAGE"],
} as const satisfies Record<string, readonly string[]>;

/** Node children start two to three times as fast from it. Where it cannot be written, Node does without. */
const compileCache = fileURLToPath(new URL("../node_modules/.cache/blastlab/compile", import.meta.url));

/** The whole environment of a child: of the lab's own those of `names` that are set, and `added`. */
export function childEnvironment(
  names: readonly string[] = [],
  added: Readonly<Record<string, string>> = {},
  own: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const inherited = [...everyChild, ...names].flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return { NODE_COMPILE_CACHE: own["NODE_COMPILE_CACHE"] ?? compileCache, ...Object.fromEntries(inherited), ...added };
}
