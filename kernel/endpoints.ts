/** What is asked of a provider, by the path that is called. */
export const endpoints = ["chat", "responses", "completions", "embeddings", "images", "audio", "video", "files", "assistants", "realtime", "batch"] as const;

export type Endpoint = (typeof endpoints)[number];
