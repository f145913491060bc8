'use client';
import { useBelfry } from '@belfry/client/react';

export function Unread({ baseUrl }) {
  const { unread, status } = useBelfry({ baseUrl });
  return <p id="unread">{`${unread} unread, ${status}`}</p>;
}
