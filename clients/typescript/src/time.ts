const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** How long ago something was, in few letters: "now", "5m ago", "yesterday"; after a week the day, "Nov 3". */
export function ago(iso: string, now: number, locale: string): string {
  const then = Date.parse(iso);
  const seconds = Math.max(0, (now - then) / 1000); // a clock that is a little behind must not tell of the future
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  if (seconds < 45) return format.format(0, 'second');
  if (seconds < 7 * 86_400) {
    for (const [unit, size] of units) {
      if (seconds >= size || unit === 'minute') return format.format(-Math.max(1, Math.floor(seconds / size)), unit);
    }
  }
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? {} : ({ year: 'numeric' } as const);
  return new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', ...year }).format(then);
}

/** The moment in full, for a tooltip. */
export function exact(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(Date.parse(iso));
}

/** The locale, or English where it is none that dates can be written in. */
export function known(locale: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
