// Reads what Chromium traced of a page's frames.

/** Only what is read below: a trace of everything would cost more than the page. */
const categories = ['-*', 'toplevel', 'blink.user_timing', 'devtools.timeline.frame', 'disabled-by-default-devtools.timeline.frame'];

/**
 * Traces a page while it does something, between the marks `begin` and `end` which that sets; resolves to how many frames there
 * were; how many refreshes of a screen of 60 a second went by without one (`missed`), and of these how many while the page was
 * itself at work (`own`), and not the machine with something else; and the processor time that the page's thread took for each
 * frame, in milliseconds, the least first.
 */
export async function traced(browser, page, act) {
  await browser.startTracing(page, { categories });
  await act();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const mark = (name) => traceEvents.find((e) => e.name === name && e.cat.includes('blink.user_timing'));
  const [begin, end] = [mark('begin'), mark('end')];
  const ours = traceEvents.filter((e) => e.pid === begin.pid && e.tid === begin.tid && e.ts >= begin.ts && e.ts <= end.ts);
  const starts = ours.filter((e) => e.name === 'BeginMainThreadFrame').map((e) => e.ts).sort((a, b) => a - b);
  const tasks = ours.filter((e) => e.name === 'ThreadControllerImpl::RunTask' && e.tdur);
  const spent = starts.map(() => 0);
  let at = 0;
  for (const { ts, tdur, dur } of tasks.sort((a, b) => a.ts - b.ts)) {
    while (at < starts.length - 1 && starts[at + 1] < ts + dur) at++; // a frame begins inside of its task
    spent[at] += tdur / 1000;
  }
  const gaps = starts.slice(1).map((ts, i) => Math.max(0, Math.round(((ts - starts[i]) * 60) / 1e6) - 1));
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const own = sum(gaps.map((gap, i) => Math.min(gap, Math.floor((spent[i] * 60) / 1000))));
  return { frames: starts.length, missed: sum(gaps), own, spent: spent.sort((a, b) => a - b) };
}
