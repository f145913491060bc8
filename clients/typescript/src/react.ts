'use client'; // where React renders on a server, as Next does: what stands here is for the browser, and rendered there too

import { createElement, useCallback, useEffect, useRef, useState, useSyncExternalStore, type HTMLAttributes, type ReactElement } from 'react';
import type { BelfryBell as BellElement } from './bell.js';
import { Belfry, type BelfryOptions } from './client.js';
import type { Notification, Snapshot } from './types.js';

/**
 * A live inbox for a component: its state, and the client. It begins when the component is mounted, so nothing happens on a
 * server, and ends with it. Options are read once. A client that is handed in is the page's own, to start and to stop.
 */
export function useBelfry(options: BelfryOptions | Belfry = {}): Snapshot & { client: Belfry } {
  const [given] = useState(options instanceof Belfry ? options : undefined);
  const [client] = useState(() => given ?? new Belfry(options as BelfryOptions));
  useEffect(() => {
    if (given) return;
    client.start();
    return () => client.stop();
  }, [client, given]);
  const read = useCallback(() => client.snapshot(), [client]);
  const snapshot = useSyncExternalStore(useCallback((fn: () => void) => client.subscribe(fn), [client]), read, read);
  return { ...snapshot, client };
}

/** What `<BelfryBell>` takes: the properties of the element, and what any element takes. */
export interface BelfryBellProps
  extends
    Omit<HTMLAttributes<HTMLElement>, 'onOpen'>,
    Partial<Pick<BellElement, 'baseUrl' | 'token' | 'limit' | 'locale' | 'theme' | 'readOnOpen' | 'quiet' | 'strings' | 'client' | 'renew' | 'categories'>> {
  /** Is given what arrived. */
  onNotification?: (n: Notification) => void;
  /** Is given the element's event, whose `detail` was chosen: cancel it to go there by your router. */
  onOpen?: (event: CustomEvent<Notification>) => void;
}

/** `<belfry-bell>` with typed properties, in every React from 18. */
export function BelfryBell(props: BelfryBellProps): ReactElement {
  const { baseUrl, token, limit, locale, theme, readOnOpen, quiet, strings, client, renew, categories, onNotification, onOpen, ...rest } = props;
  const element = useRef<BellElement | null>(null);
  useEffect(() => void import('./bell.js'), []); // not on a server, where there are no elements
  // React 18 writes what it is told as attributes, which hold no function and no object; and an effect would come after the
  // element has begun without them.
  const ref = (bell: BellElement | null): void => {
    element.current = bell;
    const given = { baseUrl, token, limit, locale, theme, readOnOpen, quiet, strings, client, renew, categories };
    for (const [name, value] of Object.entries(given)) if (bell && value !== undefined) Object.assign(bell, { [name]: value });
  };
  useEffect(() => {
    const bell = element.current;
    const arrived = (event: CustomEvent<Notification>): void => onNotification?.(event.detail);
    const chosen = (event: CustomEvent<Notification>): void => onOpen?.(event);
    bell?.addEventListener('belfry-notification', arrived);
    bell?.addEventListener('belfry-open', chosen);
    return () => {
      bell?.removeEventListener('belfry-notification', arrived);
      bell?.removeEventListener('belfry-open', chosen);
    };
  }, [onNotification, onOpen]);
  return createElement('belfry-bell', { ...rest, ref });
}
