import { connect } from "node:net";
import { LabError } from "../../../kernel/errors.ts";

const answerMs = 2_000;

/** A server as `show stat` has it. */
export interface ServerStat {
  readonly id: string;
  readonly inFlight: number;
  readonly requests: number;
  readonly retries: number;
  /** Attempts that failed: retried, or the last of their request. */
  readonly broken: number;
}

/** HAProxy's runtime socket: one connection a command, or several of them between semicolons. */
export class RuntimeSocket {
  readonly #path: string;

  constructor(socketPath: string) {
    this.#path = socketPath;
  }

  /** The answer. Throws `LabError` `runtime_socket_failed` when there is none. */
  command(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const failed = (reason: string) => reject(new LabError({ exit: "failed", code: "runtime_socket_failed", message: `HAProxy's runtime socket failed at "${text}": ${reason}`, hint: "see the edge's log" }));
      const socket = connect(this.#path, () => socket.end(`${text}\n`));
      socket.setEncoding("utf8").setTimeout(answerMs, () => socket.destroy(new Error(`no answer in ${answerMs} ms`)));
      socket.on("data", (part: string) => (answer += part));
      socket.on("error", (error) => failed(error.message));
      socket.on("end", () => resolve(answer.trim()));
    });
  }

  /** A command whose success prints nothing. */
  async order(text: string): Promise<void> {
    const answer = await this.command(text);
    if (answer !== "") throw new LabError({ exit: "failed", code: "runtime_socket_failed", message: `HAProxy refused "${text}": ${answer}`, hint: "see the edge's log" });
  }

  async servers(): Promise<readonly ServerStat[]> {
    return parseStat(await this.command("show stat replicas 4 -1"));
  }
}

/** The CSV of `show stat`, its columns by their names. */
export function parseStat(csv: string): readonly ServerStat[] {
  const [header = "", ...lines] = csv.split("\n");
  const names = header.replace(/^# /, "").split(",");
  return lines.filter((line) => line !== "").map((line) => {
    const values = line.split(",");
    const field = (name: string) => values[names.indexOf(name)] ?? "";
    const number = (name: string) => Number(field(name));
    return {
      id: field("svname"),
      inFlight: number("scur"),
      requests: number("stot"),
      retries: number("wretr"),
      broken: number("wretr") + number("econ") + number("eresp"),
    };
  });
}
