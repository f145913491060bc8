const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** How long ago something was, in few letters: "now", "5m ago", "yesterday"; after a week the day, "Nov 3". */
export function ago(iso: string, now: number, locale: string): string {
  const then = new Date(iso);
  const seconds = Math.max(0, (now - Number(then)) / 1000); // a clock that is a little behind must not tell of the future
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  if (seconds < 45) return format.format(0, 'second');
  if (seconds < 7 * 86_400) {
    const [unit, size] = units.find(([, size]) => seconds >= size) ?? units[2]!;
    return format.format(-Math.max(1, Math.floor(seconds / size)), unit);
  }
  const year = then.getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  return then.toLocaleDateString(locale, { month: 'short', day: 'numeric', year });
}

/** The moment in full, for a tooltip. */
export function exact(iso: string, locale: string): string {
  return new Date(iso).toLocaleString(locale, { dateStyle: 'full', timeStyle: 'short' });
}

/** The locale, or English where it is none that dates can be written in. */
export function known(locale: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
