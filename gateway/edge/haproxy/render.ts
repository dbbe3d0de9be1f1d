import type { EdgeFile } from "../config.ts";
import { logFormat } from "./request-log.ts";

/** Of its weights. */
const weightMax = 256;
/** How long a stream may be silent: the gateways behind have deadlines of their own. */
const idleMs = 300_000;
/**
 * Requests up to this size are kept until an answer begins, so that they can be sent again. HAProxy's default is
 * 16 KiB.
 */
const bufferBytes = 65_536;

/**
 * HAProxy's configuration of an edge. `port` is a free one, because it cannot print which one it got. Its own checks
 * are off: the edge's process decides who is in the rotation, by the same rules as the embedded engine (steering.ts).
 */
export function renderHaproxy(file: EdgeFile, { port, socket }: { readonly port: number; readonly socket: string }): string {
  const { listen, retry, drainMs, sticky } = file;
  return `global
  stats socket ${socket} mode 600 level admin
  hard-stop-after ${Math.max(1, drainMs)}ms
  tune.bufsize ${bufferBytes}
  log stdout len 4096 format raw local0 info

defaults
  mode http
  timeout connect ${retry.connectMs}ms
  timeout client ${idleMs}ms
  timeout server ${idleMs}ms
  timeout http-request ${idleMs}ms
  option http-buffer-request
  option abortonclose
  option redispatch 1
  retries ${retry.attemptsMax - 1}
  retry-on conn-failure empty-response response-timeout

frontend clients
  bind ${listen.host}:${port}
  monitor-uri /health/live
  http-request deny deny_status 404 unless { path_beg /v1/ }
  capture response header x-blastlab-cache len 32
  capture response header x-blastlab-attempts len 2048
  log global
  log-format '${logFormat}'
  default_backend replicas

backend replicas
  balance ${sticky === null ? "random" : `hdr(${sticky.header})`}
  hash-type consistent
  option allbackups
  http-response set-header x-blastlab-replica %s
  default-server on-marked-down shutdown-sessions
${serverLines(file).join("\n")}
`;
}

function serverLines({ regions }: EdgeFile): string[] {
  const servers = regions.flatMap((region) => {
    const total = region.replicas.reduce((sum, { weight }) => sum + weight, 0);
    return region.replicas.map((replica) => ({ ...replica, share: ((region.weight || 1) * replica.weight) / total, isSpare: region.weight === 0 }));
  });
  const largest = Math.max(...servers.map(({ share }) => share));
  return servers.map(({ id, url, share, isSpare }) => `  server ${id} ${new URL(url).hostname}:${new URL(url).port || 80} weight ${Math.max(1, Math.round((weightMax * share) / largest))}${isSpare ? " backup" : ""}`);
}
