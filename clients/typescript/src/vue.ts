import {
  computed,
  defineComponent,
  h,
  onBeforeUnmount,
  onMounted,
  ref,
  shallowRef,
  watchEffect,
  type ComponentPublicInstance,
  type ComputedRef,
  type PropType,
  type ShallowRef,
} from 'vue';
import type { TokenSource } from './api.js';
import type { BelfryBell as BellElement } from './bell.js';
import { Belfry, type BelfryOptions } from './client.js';
import type { Strings } from './strings.js';
import type { Notification, Snapshot, Status } from './types.js';

/** What `useBelfry` gives: the client, and its state as refs. */
export interface UseBelfry {
  client: Belfry;
  /** All that there is to show; a new object after each change. */
  snapshot: Readonly<ShallowRef<Snapshot>>;
  unread: ComputedRef<number>;
  items: ComputedRef<readonly Notification[]>;
  status: ComputedRef<Status>;
}

/**
 * A live inbox for a component. It begins when the component is mounted, so nothing happens on a server, and ends with it. A
 * client that is handed in is the page's own, to start and to stop.
 */
export function useBelfry(options: BelfryOptions | Belfry = {}): UseBelfry {
  const given = options instanceof Belfry;
  const client = given ? options : new Belfry(options);
  const snapshot = shallowRef(client.snapshot());
  let off = (): void => {};
  onMounted(() => {
    off = client.subscribe(() => (snapshot.value = client.snapshot()));
    snapshot.value = client.snapshot();
    if (!given) client.start();
  });
  onBeforeUnmount(() => {
    off();
    if (!given) client.stop();
  });
  return {
    client,
    snapshot,
    unread: computed(() => snapshot.value.unread),
    items: computed(() => snapshot.value.items),
    status: computed(() => snapshot.value.status),
  };
}

const properties = {
  baseUrl: String,
  token: [String, Function] as PropType<TokenSource>,
  limit: Number,
  locale: String,
  theme: String,
  readOnOpen: { type: Boolean, default: undefined },
  quiet: { type: Boolean, default: undefined },
  strings: Object as PropType<Partial<Strings>>,
  client: Object as PropType<Belfry>,
  renew: Function as PropType<() => Promise<void> | void>,
  categories: Object as PropType<Record<string, string>>,
};

/** What `<BelfryBell>` takes: the properties of the element. */
export interface BelfryBellProps extends Partial<
  Pick<BellElement, 'baseUrl' | 'token' | 'limit' | 'locale' | 'theme' | 'readOnOpen' | 'quiet' | 'strings' | 'client' | 'renew' | 'categories'>
> {
  onNotification?: (n: Notification) => void;
  onOpen?: (event: CustomEvent<Notification>) => void;
}

/**
 * `<belfry-bell>` with typed properties. `notification` is given what arrived; `open` is given the element's event, whose
 * `detail` was chosen: cancel it to go there by your router.
 */
export const BelfryBell = defineComponent({
  name: 'BelfryBell',
  props: properties,
  emits: {
    notification: (_n: Notification) => true,
    open: (_event: CustomEvent<Notification>) => true,
  },
  setup(props, { emit, slots }) {
    const element = ref<BellElement>();
    onMounted(() => import('./bell.js')); // not on a server, where there are no elements
    // The element takes what it is told as properties; Vue would write them as attributes until the element is defined.
    watchEffect(
      () => {
        for (const [name, value] of Object.entries(props)) {
          if (element.value && value !== undefined) Object.assign(element.value, { [name]: value });
        }
      },
      { flush: 'post' },
    );
    return () =>
      h(
        'belfry-bell',
        {
          ref: element,
          'onBelfry-notification': (event: CustomEvent<Notification>) => emit('notification', event.detail),
          'onBelfry-open': (event: CustomEvent<Notification>) => emit('open', event),
        },
        slots['icon'] ? [h('span', { slot: 'icon' }, slots['icon']())] : [],
      );
  },
}) as unknown as new () => ComponentPublicInstance<BelfryBellProps>; // what is inferred here, Vue 3.4 does not understand
