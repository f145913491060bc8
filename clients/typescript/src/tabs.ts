import type { Change, Status } from './types.js';

/** What the tab that holds the stream tells the others of it; `cursor` is how far it is. */
export interface State {
  status: Status;
  reason: string | null;
  cursor: string | null;
}

/** What came to the tab that holds the stream, and how far that was before. */
export interface News {
  from: string | null;
  change: Change;
}

/** What a tab needs from its owner, and what it tells it. */
export interface TabsOwner {
  /** Who shares a stream: the same server, and the same person. */
  who(): Promise<string>;
  /** How this tab's stream stands, for the others. */
  stand(): State;
  /** The stream is this tab's to hold, or no more; or another tab wants it anew. */
  turn(): void;
  /** What the tab that holds the stream says of it. */
  told(state: State): void;
  change(news: News): void;
}

type Message = News | State | 'look' | 'reconnect';

/** How often a tab that is looked at asks whether the one with the stream lives, in milliseconds, and how many unanswered it forgives. */
const askEvery = 2000;
const patience = 2;

/**
 * One stream for all tabs of a browser: the tab that has the lock holds it, the others hear from it. The browser passes the
 * lock on when a tab is closed or crashes. One that hangs keeps it, so a tab that is looked at asks now and then, and takes
 * the lock from one that does not answer.
 *
 * The channel is a doorbell: each answer says how far the stream is, and who is behind asks the server. Nothing is lost by
 * a message that is.
 */
export class Tabs {
  /** Whether the stream is this tab's to hold. */
  leads = false;
  readonly #owner: TabsOwner;
  #name: string | undefined;
  #channel: BroadcastChannel | undefined;
  #place: AbortController | undefined; // in line for the lock, or with it
  #unanswered = 0;
  #parted = 0;
  #clock: ReturnType<typeof setInterval> | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: TabsOwner) {
    this.#owner = owner;
  }

  /** Whether the stream is this tab's to hold; if not, it stands in line from now on, and `turn` says when. */
  async ask(): Promise<boolean> {
    clearTimeout(this.#resting); // who is told to come back keeps its place
    const parted = this.#parted;
    this.#name ??= await this.#owner.who();
    if (parted !== this.#parted) return false;
    if (!this.#channel) {
      this.#channel = new BroadcastChannel(this.#name);
      this.#channel.onmessage = ({ data }) => this.#hear(data as Message);
      this.#clock = setInterval(() => this.look(), askEvery);
    }
    if (!this.#place) this.#queue();
    if (!this.leads) this.post('look'); // also where nobody looks yet: a tab opened in the background shows a number too
    return this.leads;
  }

  /** Asks the one with the stream whether it lives, if anybody looks at this tab. */
  look(): void {
    if (!this.#place || this.leads || document.visibilityState !== 'visible') return;
    if (this.#unanswered++ < patience) return this.post('look');
    this.#yield();
    this.#queue(true);
  }

  /** Tells the other tabs. */
  post(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** As long as nobody is to have a stream: the others have heard why by then, and do not reach for the lock. */
  rest(): void {
    this.#resting = setTimeout(() => this.#yield(), this.leads ? 1000 : 0);
  }

  /** Is alone again; `ask` comes back, maybe as somebody else. */
  part(): void {
    this.#parted++;
    this.#yield();
    clearInterval(this.#clock);
    this.#channel?.close();
    this.#channel = this.#name = undefined;
  }

  /** Lets go of the stream, or of the place in line, and still hears. */
  #yield(): void {
    this.leads = false;
    this.#place?.abort();
    this.#place = undefined;
    this.#unanswered = 0;
  }

  #queue(steal = false): void {
    const { signal } = (this.#place = new AbortController());
    // A lock cannot be both taken away and waited for with a signal.
    navigator.locks
      .request(this.#name!, steal ? { steal } : { signal }, () => {
        if (signal.aborted) return;
        this.leads = true;
        this.#owner.turn();
        return new Promise((release) => (signal.onabort = release));
      })
      .catch(() => {
        if (signal.aborted) return;
        this.#yield(); // it was taken away
        this.#owner.turn();
      });
  }

  #hear(message: Message): void {
    if (typeof message === 'string') {
      if (!this.leads) return;
      if (message === 'look') this.post(this.#owner.stand());
      else this.#owner.turn();
    } else if (!this.leads) {
      // The one with the stream lives. (One that lost the lock in its sleep is not heard by the one that has it.)
      this.#unanswered = 0;
      if ('status' in message) this.#owner.told(message);
      else this.#owner.change(message);
    }
  }
}
