import type { Counts, Filter, Marked, Notification, Page, Preferences, StateChange } from './types.js';

/** A refusal by the server: RFC 9457's `title` and `detail`, and the HTTP status (0: no answer at all). */
export class BelfryError extends Error {
  override readonly name = 'BelfryError';
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A credential that goes with every call, or a way to get one. Without it the browser's cookies speak. */
export type TokenSource = string | (() => string | Promise<string>);

export interface ApiOptions {
  /** Where Belfry is, as `https://notify.example.com`; empty: where the page came from. */
  baseUrl?: string | undefined;
  token?: TokenSource | undefined;
  fetch?: typeof fetch | undefined;
}

/** The calls of Belfry's inbox, one method each. */
export class Api {
  readonly #base: string;
  readonly #fetch: typeof fetch;

  constructor(readonly options: ApiOptions = {}) {
    this.#base = (options.baseUrl ?? '').replace(/\/+$/, '') + '/api/v1/notifications/';
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  list(query: { limit?: number; before?: string | null; filter?: Filter } = {}): Promise<Page> {
    const params = new URLSearchParams();
    if (query.limit) params.set('limit', String(query.limit));
    if (query.before) params.set('before', query.before);
    if (query.filter && query.filter !== 'inbox') params.set('state', query.filter);
    return this.#call('GET', '?' + params);
  }

  counts(): Promise<Counts & { cursor: string }> {
    return this.#call('GET', 'counts/');
  }

  patch(id: string, set: StateChange): Promise<Notification> {
    return this.#call('PATCH', encodeURIComponent(id) + '/', set);
  }

  mark(state: 'seen' | 'read' | 'archived', which: { ids: string[] } | { all: true; category?: string }): Promise<Marked> {
    return this.#call('POST', 'mark/', { state, ...which });
  }

  preferences(): Promise<Preferences> {
    return this.#call('GET', 'preferences/');
  }

  setPreferences(preferences: Preferences): Promise<Preferences> {
    return this.#call('PUT', 'preferences/', preferences);
  }

  /** The address of a stream that continues from a cursor. */
  async streamUrl(cursor: string | null): Promise<string> {
    const params = new URLSearchParams();
    if (cursor) params.set('last_event_id', cursor);
    const token = await this.#token();
    if (token) params.set('token', token);
    const query = params.toString();
    return this.#base + 'sse/stream/' + (query && '?' + query);
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.options;
    return typeof token === 'function' ? token() : token;
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const token = await this.#token();
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (token) headers['Authorization'] = 'Bearer ' + token;
    // keepalive: a click that marks as read often leaves the page in the same moment.
    const init: RequestInit = { method, headers, credentials: token ? 'omit' : 'include', keepalive: method !== 'GET' };
    if (body) {
      headers['Content-Type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    let answer: Response;
    try {
      answer = await this.#fetch(this.#base + path, init);
    } catch (cause) {
      throw new BelfryError(0, 'The server does not answer.', { cause });
    }
    const value = (await answer.json().catch(() => null)) as (T & { title?: string; detail?: string }) | null;
    if (!answer.ok || value === null) {
      throw new BelfryError(answer.status, value?.detail ?? value?.title ?? `The server answered ${answer.status}.`);
    }
    return value;
  }
}
