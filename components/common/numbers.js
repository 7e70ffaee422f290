// Counts as people read them.

const EXACT = new Intl.NumberFormat("en-US");

/** @param {number} count */
export function exactCount(count) {
  return EXACT.format(count);
}

/**
 * 9,412 · 12.3 k · 877 k · 1.04 M
 *
 * @param {number} count
 */
export function compactCount(count) {
  if (count < 9_999.5) return EXACT.format(count);
  if (count < 999_500) return `${threeDigits(count / 1e3)} k`;
  return `${threeDigits(count / 1e6)} M`;
}

/** @param {number} number */
function threeDigits(number) {
  return number >= 99.95 ? String(Math.round(number)) : number.toPrecision(3);
}
