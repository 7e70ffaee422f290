// Values of a range facet and their place on its histogram.
//
// Every bin is drawn equally wide, so a place is a bin number plus the part of the bin
// passed: the same code serves linear, logarithmic and date axes. Dates count in days.

const DAY_MS = 86_400_000;

function createScale(facet) {
  const date = facet.kind === "date";
  const read = date ? dayOf : Number;
  const bins = facet.bins.map(([low, high, count]) => [read(low), read(high), count]);
  const whole = date || Boolean(facet.integer);
  return { date, whole, log: facet.scale === "log", bins, min: read(facet.min), max: read(facet.max) };
}

function dayOf(iso) {
  return Math.round(Date.parse(`${String(iso).slice(0, 10)}T00:00:00Z`) / DAY_MS);
}

function isoOf(day) {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

// 0..1 from left to right.
function placeOf(scale, value) {
  const { bins } = scale;
  if (bins.length === 0 || value <= bins[0][0]) return 0;
  for (let index = 0; index < bins.length; index += 1) {
    const [low, high] = bins[index];
    if (value < high) return (index + Math.max(0, partOf(scale, low, high, value))) / bins.length;
  }
  return 1;
}

function partOf(scale, low, high, value) {
  if (scale.log && low > 0) return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low || 1);
}

function valueAt(scale, place) {
  const { bins } = scale;
  const index = Math.min(bins.length - 1, Math.max(0, Math.floor(place * bins.length)));
  const [low, high] = bins[index];
  const part = Math.min(1, Math.max(0, place * bins.length - index));
  const value = scale.log && low > 0 ? low * (high / low) ** part : low + (high - low) * part;
  return roundTo(scale, value, high - low);
}

function roundTo(scale, value, width) {
  if (scale.whole) return Math.round(value);
  const step = 10 ** Math.floor(Math.log10(width / 10 || 1));
  return Number((Math.round(value / step) * step).toPrecision(12));
}

function stepFrom(scale, value, quarters) {
  const next = valueAt(scale, placeOf(scale, value) + quarters / (4 * scale.bins.length));
  if (next !== value || !scale.whole) return next;
  return value + Math.sign(quarters);
}

function parseBound(scale, text) {
  if (text === null || text === "") return null;
  const value = scale.date ? dayOf(text) : Number(text);
  return Number.isFinite(value) ? value : null;
}

function boundText(scale, value) {
  if (value === null) return "";
  return scale.date ? isoOf(value) : String(value);
}

function spokenValue(scale, value, unit) {
  if (scale.date) return isoOf(value);
  return `${shortNumber(scale, value)}${unit ? ` ${unit}` : ""}`;
}

function shortNumber(scale, value) {
  if (scale.whole && Math.abs(value) < 10_000) return String(value);
  return Math.abs(value) >= 1000 ? exactCount(Math.round(value)) : String(Number(value.toPrecision(3)));
}

// One path with a bar for each bin, in a box of bins × 100.
function histogramPath(bins) {
  const tallest = Math.max(1, ...bins.map((bin) => bin[2]));
  return bins.map(([, , count], index) => barPath(index, count ? Math.max(4, (count / tallest) * 100) : 0)).join("");
}

function barPath(index, height) {
  const gap = 0.09;
  return `M${index + gap} 100V${(100 - height).toFixed(2)}H${(index + 1 - gap).toFixed(2)}V100Z`;
}
