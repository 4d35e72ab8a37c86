// How does a step say how long it took?

/**
 * @param {number} milliseconds
 * @returns {string} `0.2 s`, `45 s`, `3 min 5 s`
 */
export function formatDuration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Does one step and says one line about it: what `work` returns, and the time.
 * @template {{ said: string }} T
 * @param {(line: string) => void} log
 * @param {string} title
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function timed(log, title, work) {
  const started = performance.now();
  const result = await work();
  log(`${title}: ${result.said} (${formatDuration(performance.now() - started)})`);
  return result;
}
