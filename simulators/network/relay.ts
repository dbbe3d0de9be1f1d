import type { Socket } from "node:net";
import type { Connection } from "./toxics/connection.ts";
import type { Link } from "./toxics/link.ts";

/**
 * Relays bytes between two open sockets through a connection's toxics, and ends both as the connection ends. FIN is
 * passed on as FIN (half-close). A toxic's close closes both sockets, and its reset sends RST to both. RST from a peer
 * is passed on as FIN, as in Toxiproxy. The caller handles `error` of the sockets. Here only `close` counts, which
 * follows every error.
 */
export function relay(client: Socket, server: Socket, connection: Connection): void {
  const towards = { upstream: carry(client, connection.upstream, server), downstream: carry(server, connection.downstream, client) };
  connection.onEnd((end) => {
    for (const socket of [client, server]) endSocket(socket, end === "reset");
  });
  for (const [socket, inbound, outbound] of [
    [client, connection.upstream, connection.downstream],
    [server, connection.downstream, connection.upstream],
  ] as const) {
    socket.once("close", () => {
      inbound.end();
      outbound.cut("half_close");
    });
  }
  for (const task of Object.values(towards)) void task.catch(() => connection.close("closed"));
}

/** While the link is clear, bytes go directly from socket to socket: its promises cost as much as the system calls. */
async function carry(source: Socket, link: Link, destination: Socket): Promise<void> {
  const resumeAfter = (room: Promise<void>) => {
    source.pause();
    void room.then(() => source.resume());
  };
  source.on("data", (bytes: Buffer) => {
    if (link.isClear && destination.writable) {
      if (!destination.write(bytes)) resumeAfter(drained(destination));
    } else resumeAfter(link.write(bytes));
  });
  source.once("end", () => link.end());
  source.resume();
  for await (const bytes of link.output) {
    if (!destination.writable) continue;
    if (!destination.write(bytes)) await drained(destination);
  }
  if (link.ending === "half_close") destination.end();
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}

function endSocket(socket: Socket, reset: boolean): void {
  if (socket.destroyed) return;
  if (reset) socket.resetAndDestroy();
  else socket.destroySoon();
}
