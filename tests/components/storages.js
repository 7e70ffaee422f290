// Storage as a browser has it, for tests.

/** @returns {Storage} */
export function createStorage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
    key: (index) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
}

/** Storage that takes nothing and gives nothing, as a browser's settings may have it. */
export function fullStorage() {
  const refuse = () => {
    throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
  };
  return { ...createStorage(), getItem: refuse, setItem: refuse };
}
