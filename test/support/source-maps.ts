/** Why is a spec that runs Pulumi's runtime not slow? Because nobody maps to TypeScript what nobody reads. */

let running = 0;

/** Pulumi's runtime notes the stack of every promise that it makes, and to map each of them takes three times as long as all the rest. */
export async function withoutSourceMaps<T>(act: () => Promise<T>): Promise<T> {
  running += 1;
  process.setSourceMapsEnabled(false);
  try {
    return await act();
  } finally {
    running -= 1;
    if (running === 0) process.setSourceMapsEnabled(true);
  }
}
