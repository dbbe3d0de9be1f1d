import type { ClientRecord } from "../../kernel/records.ts";
import type { ErrorAnswers } from "../../kernel/verdict.ts";

/**
 * What the system's errors said, by status and code, most frequent first. A kind of which no body was kept is left out.
 */
export function errorAnswersOf(client: readonly ClientRecord[]): readonly ErrorAnswers[] {
  const groups = Map.groupBy(client.filter(({ status }) => status !== null && status >= 400), ({ status, errorCode }) => `${status} ${errorCode}`);
  return [...groups.values()]
    .flatMap((group) => {
      const body = group.find(({ errorBody }) => errorBody !== undefined)?.errorBody;
      const { status, errorCode } = group[0]!;
      return body === undefined ? [] : [{ status: status!, errorCode, requests: group.length, body }];
    })
    .sort((a, b) => b.requests - a.requests);
}
