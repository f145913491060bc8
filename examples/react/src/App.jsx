import { BelfryBell, useBelfry } from '@belfry/client/react';
import { useEffect } from 'react';

const renew = () => fetch('/demo/session', { method: 'POST' });
const categories = { order: 'Orders', demo: 'The demo' };

export function App() {
  // This stands where an effect with a setInterval stood. The list is loaded once and kept true by a stream that all tabs share.
  const { client, items, unread, status } = useBelfry({ renew });

  useEffect(() => {
    document.title = unread ? `(${unread}) Orders` : 'Orders';
  }, [unread]);

  return (
    <>
      <header>
        <h1>Orders</h1>
        <span className="state">{status}</span>
        <BelfryBell client={client} categories={categories} />
      </header>
      <p>{unread} unread</p>
      <ul>
        {items.map((n) => (
          <li key={n.id}>
            {n.title} {!n.read_at && <button onClick={() => client.set(n.id, { read: true })}>Read</button>}
          </li>
        ))}
      </ul>
    </>
  );
}
