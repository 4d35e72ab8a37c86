/**
 * What does `@peculiar/x509` need that Node lacks? Its dependency tsyringe refuses to load without the three metadata functions of `Reflect`
 * (https://rbuckton.github.io/reflect-metadata). These are they, for whole classes, and only where nobody has put them there before.
 */

type Metadata = Map<unknown, unknown>;

const metadata = new WeakMap<object, Metadata>();

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own = metadata.get(target) ?? new Map<unknown, unknown>();
  metadata.set(target, own.set(key, value));
}

function getOwnMetadata(key: unknown, target: object): unknown {
  return metadata.get(target)?.get(key);
}

/** As above, or else what a base class has. */
function getMetadata(key: unknown, target: object | null): unknown {
  if (target === null) return undefined;
  return metadata.get(target)?.has(key)
    ? getOwnMetadata(key, target)
    : getMetadata(key, Object.getPrototypeOf(target) as object | null);
}

if (!("getMetadata" in Reflect)) Object.assign(Reflect, { defineMetadata, getMetadata, getOwnMetadata });
