import { Socket } from "node:net";
import { parentPort } from "node:worker_threads";

const stdin = new Socket({ fd: 0, readable: true, writable: false });
// Any error closes it, which is what counts.
stdin.on("error", () => {});
stdin.on("close", () => process.kill(process.pid, "SIGKILL"));
stdin.resume();
parentPort?.postMessage("watching");
