import { BelfryBell } from '@belfry/client/react';
import { Unread } from './unread';

export default async function Page() {
  return (
    <main>
      <h1>Orders</h1>
      <BelfryBell baseUrl={process.env.BELFRY_URL} locale="en" />
      <Unread baseUrl={process.env.BELFRY_URL} />
    </main>
  );
}
