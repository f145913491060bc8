const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** How moments are told in one language, seen from one moment. */
export interface Times {
  /** How long ago something was, in few letters: "now", "5m ago", "yesterday"; after a week the day, "Nov 3". */
  ago(iso: string): string;
  /** The moment in full, for a tooltip. */
  exact(iso: string): string;
}

/** Making a format is what costs, so it is made once for all rows. */
export function times(locale: string, now: number): Times {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
  return {
    ago(iso) {
      const then = new Date(iso);
      const seconds = Math.max(0, (now - Number(then)) / 1000); // a clock that is a little behind must not tell of the future
      if (seconds < 45) return relative.format(0, 'second');
      if (seconds < 7 * 86_400) {
        const [unit, size] = units.find(([, size]) => seconds >= size) ?? units[2]!;
        return relative.format(-Math.max(1, Math.floor(seconds / size)), unit);
      }
      const year = then.getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
      return then.toLocaleDateString(locale, { month: 'short', day: 'numeric', year });
    },
    exact: (iso) => full.format(new Date(iso)),
  };
}

/** The locale, or English where it is none that dates can be written in. */
export function known(locale: string): string {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
