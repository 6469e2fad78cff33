// Axes of pictures. uPlot always draws on even axes; a logarithmic one is even in the exponent, and one of very large
// or very small numbers is in units of a power of ten. So any number that float64 holds has its place.
"use strict";

const FEWEST_DIGITS = 1e-6;
const MOST_DIGITS = 1e9;

// Returns where a value lies on the y axis (`null`: nowhere), and the other way round.
function yScale(values, isLog) {
  if (isLog) {
    return { isLog, place: (value) => (value > 0 ? Math.log10(value) : null), value: (place) => 10 ** place };
  }
  const largest = Math.max(...values.map(Math.abs), 0);
  const isPlain = largest === 0 || (largest >= FEWEST_DIGITS && largest < MOST_DIGITS);
  const unit = isPlain ? 1 : 10 ** Math.floor(Math.log10(largest));
  return { isLog, place: (value) => value / unit, value: (place) => place * unit };
}

function axisOptions(side, extra) {
  return {
    side,
    stroke: colourOf("--soft"),
    font: fontOf(12),
    gap: 5,
    grid: { stroke: colourOf("--line"), width: 1 },
    ticks: { show: false },
    ...extra,
  };
}

function xAxis(areWhole) {
  return axisOptions(2, {
    size: 22,
    space: 56,
    values: (_, splits) => splits.map((split) => numberWords(split, 4)),
    ...(areWhole ? { incrs: wholeSteps() } : {}),
  });
}

function yAxis(scale) {
  return axisOptions(3, {
    size: (_, labels) => 14 + 7.2 * Math.max(3, ...(labels ?? []).map((label) => label?.length ?? 0)),
    space: 34,
    ...(scale.isLog ? { splits: (plot, _, low, high) => powerSplits(low, high, plot.height / 34) } : {}),
    values: (_, splits) => splits.map((split) => numberWords(scale.value(split), 4)),
  });
}

// Returns the exponents to name between two of them: of whole powers, or with more digits where these are few.
function powerSplits(low, high, most) {
  const first = Math.floor(low);
  const powers = Array.from({ length: Math.ceil(high) - first + 1 }, (_, place) => first + place);
  const isSeen = (power) => power >= low && power <= high && Math.abs(power) < 308; // float64 ends there
  if (high - low > 2) {
    const step = Math.ceil((high - low) / Math.max(2, most));
    return powers.filter((power) => power % step === 0 && isSeen(power));
  }
  for (const digits of [[1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const found = powers.flatMap((power) => digits.map((digit) => power + Math.log10(digit))).filter(isSeen);
    if (found.length > 2) return found;
  }
  return [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (high - low));
}

function wholeSteps() {
  return Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
}
