// For a k6 of your own: 30 s of chat requests at the edges of docker-compose.yml. Put a script of yours in its place.
import http from "k6/http";
import { check } from "k6";

export const options = { scenarios: { chat: { executor: "constant-arrival-rate", rate: 5, timeUnit: "1s", duration: "30s", preAllocatedVUs: 20 } } };

// oxlint-disable-next-line import/no-default-export -- k6 calls it.
export default function () {
  const body = JSON.stringify({ model: "assistant", max_tokens: 20, messages: [{ role: "user", content: `question ${__ITER} of ${__VU}` }] });
  const headers = { authorization: "Bearer vk-support-chat", "content-type": "application/json" };
  check(http.post(__ITER % 2 === 0 ? "http://edge-a:8080/v1/chat/completions" : "http://edge-b:8080/v1/chat/completions", body, { headers }), { "answered": (response) => response.status === 200 });
}
