import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import { TransportError } from "../../kernel/transport.ts";
import { connectFaulty, LookUps } from "./look-ups.ts";

/**
 * Opens undici's connections with a connect deadline that is exact to the millisecond (undici's own timers are 500 ms
 * coarse).
 */
export function connector(connectMs: () => number, lookUps: LookUps = new LookUps()): buildConnector.connector {
  return (target, callback) => {
    const secure = target.protocol === "https:";
    const socket = open(target, secure, lookUps);
    const deadlineMs = connectMs();
    const timer = setTimeout(() => socket.destroy(new TransportError("connect_timeout", `after ${deadlineMs} ms`)), deadlineMs);
    let connected = false;
    socket.setNoDelay(true);
    socket.once(secure ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      connected = true;
      callback(null, socket);
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      if (!connected) callback(error, null);
    });
  };
}

function open(target: buildConnector.Options, secure: boolean, lookUps: LookUps): Socket {
  const port = Number(target.port || (secure ? 443 : 80));
  const fault = lookUps.faultOf(`${target.hostname}:${port}`);
  if (fault !== undefined) return connectFaulty(fault, target.hostname, port);
  return secure ? openTls(target) : connectTcp({ host: target.hostname, port });
}

function openTls(target: buildConnector.Options): Socket {
  const { hostname } = target;
  const name = target.servername ?? (isIP(hostname) === 0 ? hostname : undefined);
  return connectTls({ host: hostname, port: Number(target.port || 443), ALPNProtocols: ["http/1.1"], ...(name !== undefined && { servername: name }) });
}
