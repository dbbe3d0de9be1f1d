import { LabError, messageOf } from "../../kernel/errors.ts";

/** Where the operator of a component calls it, and with which key. */
export interface Operator {
  readonly url: string;
  readonly key: string;
}

const timeoutMs = 10_000;

/** One call of an operator to a control plane or a vault. Resolves to its answer. Rejects with LabError `failed` `operator_refused` for any other answer than 2xx, and for none. */
export async function asOperator({ url, key }: Operator, method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
  const trouble = (reason: string) => new LabError({ exit: "failed", code: "operator_refused", message: `Cannot ${method} ${path} at ${url}: ${reason}`, hint: "Read the logs in the run directory" });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    throw trouble(messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error));
  }
  if (!response.ok) throw trouble(`it answered ${response.status}: ${text.slice(0, 300)}`);
  return text === "" ? null : JSON.parse(text);
}
