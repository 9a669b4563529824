// The HTTP API as this page uses it: reading, and closing a session.

/** A request that failed: status 0 if there was no answer. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Stream {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly max_age_ms: number;
  readonly max_bytes: number;
  readonly max_messages_per_topic?: number;
  readonly epoch: string;
  readonly head: number;
  readonly oldest?: number;
  readonly oldest_time?: number;
  readonly messages: number;
  readonly bytes: number;
  readonly topics: number;
  readonly keys: number;
  readonly key_bytes: number;
}

export interface SessionRow {
  readonly session: string;
  readonly address: string;
  readonly subject?: string;
  readonly name?: string;
  readonly encoding: string;
  readonly age_ms: number;
  readonly queued_bytes: number;
  readonly queued_messages: number;
  readonly subscription_count: number;
  readonly behind: number;
  readonly last_error?: { readonly code: string; readonly time: number };
}

export interface SubscriptionRow {
  readonly sub: number;
  readonly pattern: string;
  readonly behind: boolean;
  readonly deliver: string;
}

export interface SessionDetail extends SessionRow {
  readonly subscriptions: readonly SubscriptionRow[];
}

export interface TopicRow {
  readonly topic: string;
  readonly subscribers: number;
  readonly messages: number;
  readonly stream?: string;
  readonly last?: number;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the next page is, if there is more. */
  readonly next: string | undefined;
}

const TIMEOUT_MS = 10_000;

export class Api {
  readonly #token: () => string | undefined;

  constructor(token: () => string | undefined) {
    this.#token = token;
  }

  async streams(): Promise<readonly Stream[]> {
    return (await this.#get<{ streams: Stream[] }>("/v1/streams")).streams;
  }

  async sessions(query: Record<string, string>): Promise<Page<SessionRow>> {
    const path = `/v1/sessions?${new URLSearchParams(query).toString()}`;
    const { sessions, next } = await this.#get<{ sessions: SessionRow[]; next?: string }>(path);
    return { rows: sessions, next };
  }

  session(name: string): Promise<SessionDetail> {
    return this.#get(`/v1/sessions/${encodeURIComponent(name)}`);
  }

  async closeSession(name: string): Promise<void> {
    await this.#ask("DELETE", `/v1/sessions/${encodeURIComponent(name)}`);
  }

  /** A page of topics: the first one of a pattern, or one that a page named as its `next`. */
  async topics(path: string): Promise<Page<TopicRow>> {
    const { topics, next } = await this.#get<{ topics: TopicRow[]; next?: string }>(path);
    return { rows: topics, next };
  }

  async #get<T>(path: string): Promise<T> {
    return (await (await this.#ask("GET", path)).json()) as T;
  }

  async #ask(method: string, path: string): Promise<Response> {
    const token = this.#token();
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const options: RequestInit = { method, headers, signal, cache: "no-store", credentials: "omit" };
    const answer = await fetch(path, options).catch((error: unknown) => {
      throw new ApiError(0, `The broker does not answer at ${location.host}: ${String(error)}`);
    });
    if (!answer.ok) throw new ApiError(answer.status, await problemOf(answer));
    return answer;
  }
}

export const topicsPath = (pattern: string, limit: number): string =>
  `/v1/topics?${new URLSearchParams({ pattern, limit: String(limit) }).toString()}`;

async function problemOf(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => "");
  try {
    const { detail = "" } = JSON.parse(text) as { detail?: string };
    return detail.charAt(0).toUpperCase() + detail.slice(1);
  } catch {
    return `The broker answered with status ${answer.status}`;
  }
}
