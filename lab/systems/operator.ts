import { LabError, messageOf } from "../../kernel/errors.ts";

/** Where the operator of a component calls it, and with which key. */
export interface Operator {
  readonly url: string;
  readonly key: string;
}

const timeoutMs = 10_000;

type Method = "GET" | "POST";

/**
 * One call of an operator to a control plane or a vault. Resolves to its answer. Rejects with LabError `failed`
 * `operator_refused` for any other answer than 2xx, and for none.
 */
export async function asOperator(operator: Operator, method: Method, path: string, body?: object): Promise<unknown> {
  const { status, text } = await call(operator, method, path, body);
  if (status < 200 || status > 299) throw trouble(operator, method, path, `it answered ${status}: ${text.slice(0, 300)}`);
  return valueOf(text);
}

/** The same where a refusal, status 409, is an answer too: null. */
export async function answerToOperator(operator: Operator, method: Method, path: string, body: object): Promise<unknown> {
  const { status, text } = await call(operator, method, path, body);
  if (status === 409) return null;
  if (status < 200 || status > 299) throw trouble(operator, method, path, `it answered ${status}: ${text.slice(0, 300)}`);
  return valueOf(text);
}

const valueOf = (text: string): unknown => (text === "" ? null : JSON.parse(text));

async function call(operator: Operator, method: Method, path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
  const { url, key } = operator;
  try {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw trouble(operator, method, path, messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error));
  }
}

function trouble({ url }: Operator, method: Method, path: string, reason: string): LabError {
  return new LabError({ exit: "failed", code: "operator_refused", message: `Cannot ${method} ${path} at ${url}: ${reason}`, hint: "Read the logs in the run directory" });
}
