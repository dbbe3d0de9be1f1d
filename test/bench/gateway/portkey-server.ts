/**
 * Portkey's gateway on a free port of 127.0.0.1: by itself it listens on every interface. `portkey-server.ts FOLDER`,
 * see portkey.ts.
 */
import { Server } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { freePort } from "../../../lab/live/free-port.ts";

const say = process.stdout.write.bind(process.stdout);

const folder = process.argv[2]!;
const port = await freePort();
// oxlint-disable-next-line typescript/unbound-method -- called with the server as `this`
const listen = Server.prototype.listen as unknown as (this: Server, options: object, callback: unknown) => Server;
Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  this.once("listening", () => say(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`));
  return listen.call(this, { port, host: "127.0.0.1" }, args.find((arg) => typeof arg === "function"));
} as typeof Server.prototype.listen;

const main = path.join(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
process.stdout.write = () => true;
console.error = () => {};
process.argv = [process.execPath, main, "--headless", `--port=${port}`];
process.stdin.on("end", () => process.exit(0)).resume();
await import(pathToFileURL(main).href);
