import type { Counts, Filter, Marked, Notification, Page, Preferences, StateChange } from './types.js';

/** A refusal by the server: RFC 9457's `detail`, and the HTTP status (0: no answer at all). */
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

/** A token, or a one-time ticket as `POST /users/{id}/tickets/` answers it to your back end. */
export type Credential = string | { ticket: string };

/** A token that goes with every call, or a way to get one, or a ticket, for each. Without it the browser's cookies speak. */
export type TokenSource = string | (() => Credential | Promise<Credential>);

export interface ApiOptions {
  /** Where Belfry is, as `https://notify.example.com`; empty: where the page came from. */
  baseUrl?: string | undefined;
  token?: TokenSource | undefined;
}

/** Where to ask, and with which credential: in `headers`, or in the address, which is then good for `once`; else by cookies. */
export interface Address {
  url: string;
  headers?: Record<string, string>;
  once?: boolean;
}

/** The calls of Belfry's inbox, one method each. */
export class Api {
  /** Where the inbox is. */
  readonly base: string;

  constructor(readonly options: ApiOptions = {}) {
    this.base = (options.baseUrl ?? '').replace(/\/+$/, '') + '/api/v1/notifications/';
  }

  /** A page, newest first: below the place `before`, or what was created after the place `after`. */
  list(query: { limit?: number; before?: string | null; after?: string | null; filter?: Filter } = {}): Promise<Page> {
    const { filter, ...rest } = query;
    return this.#call('GET', '', undefined, { ...rest, state: filter === 'inbox' ? '' : filter });
  }

  counts(): Promise<Counts & { cursor: string }> {
    return this.#call('GET', 'counts/');
  }

  /** Whose credential this is, and which streams they have open. */
  status(): Promise<{ user_id: string; connections: { id: string }[] }> {
    return this.#call('GET', 'sse/status/');
  }

  patch(id: string, set: StateChange): Promise<Notification> {
    return this.#call('PATCH', encodeURIComponent(id) + '/', set);
  }

  mark(state: 'seen' | 'read' | 'archived', which: { ids: string[] } | { all: true; category?: string }): Promise<Marked> {
    return this.#call('POST', 'mark/', { state, ...which });
  }

  /** What the person wants to be told of, and by which channel; with `set`, from now on. */
  preferences(set?: Preferences): Promise<Preferences> {
    return this.#call(set ? 'PUT' : 'GET', 'preferences/', set);
  }

  /** The address of a stream that continues from a cursor. A token is exchanged for a ticket, where the server gives one for it. */
  async stream(cursor: string | null): Promise<Address> {
    const given = await this.#credential();
    const ticket = typeof given === 'string' ? await this.#exchange(given) : given;
    return this.#address('sse/stream/', { last_event_id: cursor }, ticket);
  }

  async #credential(): Promise<Credential | undefined> {
    const { token } = this.options;
    return typeof token === 'function' ? token() : token;
  }

  /** Answers with the token itself where it is none that is exchanged, or the server is older than that: it goes in a header. */
  #exchange(token: string): Promise<Credential> {
    return this.#call<Credential>('POST', 'tickets/', undefined, {}, token).catch((error: BelfryError) => {
      if ([403, 404, 405].includes(error.status)) return token;
      throw error;
    });
  }

  #address(path: string, query: object, credential?: Credential): Address {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
    const ticket = typeof credential === 'object';
    if (ticket) params.set('ticket', credential.ticket);
    const url = this.base + path + (params.size ? '?' + params : '');
    return typeof credential === 'string' ? { url, headers: { Authorization: 'Bearer ' + credential } } : { url, once: ticket };
  }

  async #call<T>(method: string, path: string, body?: object, query: object = {}, token?: string): Promise<T> {
    const { url, headers, once } = this.#address(path, query, token ?? (await this.#credential()));
    const answer = await fetch(url, {
      method,
      headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }), ...headers },
      credentials: headers || once ? 'omit' : 'include',
      // A click that marks as read often leaves the page in the same moment.
      keepalive: !!body,
      // A network that swallows what is sent would keep an answer for minutes.
      signal: AbortSignal.timeout(20_000),
      body: body ? JSON.stringify(body) : null,
    }).catch((cause: unknown) => {
      throw new BelfryError(0, 'The server does not answer.', { cause });
    });
    const value = (await answer.json().catch(() => null)) as (T & { detail?: string }) | null;
    if (answer.ok && value) return value;
    throw new BelfryError(answer.status, value?.detail ?? `The server answered ${answer.status}.`);
  }
}
