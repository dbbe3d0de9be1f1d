const endpoints = /^\/v1\/(?:chat\/completions|responses|embeddings|messages|models)(?:\/|$)/;

/**
 * The path of a request without its query, however its client's base URL was put together: with a slash at the end,
 * with `/v1` left out, or there twice because the SDK adds it too. A path of no endpoint stays as it is.
 */
export function endpointPath(url: string): string {
  const query = url.indexOf("?");
  const path = query === -1 ? url : url.slice(0, query);
  if (endpoints.test(path) && !path.endsWith("/")) return path;
  const plain = path.replaceAll(/\/{2,}/g, "/").replace(/\/$/, "").replace(/^(?:\/v1)*(?=\/)/, "");
  const found = `/v1${plain}`;
  return endpoints.test(found) ? found : path;
}
