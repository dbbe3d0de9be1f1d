import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import { TransportError } from "../../kernel/transport.ts";

/** Opens undici's connections with a connect deadline that is kept to the millisecond (undici's own timers are 500 ms coarse). */
export function connector(connectMs: () => number): buildConnector.connector {
  return (target, callback) => {
    const secure = target.protocol === "https:";
    const socket = secure ? openTls(target) : connectTcp({ host: target.hostname, port: Number(target.port || 80) });
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

function openTls(target: buildConnector.Options): Socket {
  const { hostname } = target;
  const name = target.servername ?? (isIP(hostname) === 0 ? hostname : undefined);
  return connectTls({ host: hostname, port: Number(target.port || 443), ALPNProtocols: ["http/1.1"], ...(name !== undefined && { servername: name }) });
}
