// Paints a ThumbHash: some 25 bytes that hold the lowest waves of a picture's light, colour and alpha.

/** Straight RGBA of the size asked for, or null where `base64` is no ThumbHash. */
export function thumbHash(base64, width, height) {
  const hash = bytesOf(base64);
  if (hash.length < 5) return null;
  const { light, yellow, red, alpha } = channelsOf(hash);
  const across = waves(width);
  const down = waves(height);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      const [l, p, q, a] = [light, yellow, red, alpha].map(channel => sample(channel, across[x], down[y]));
      const b = l - 2 / 3 * p;
      const r = (3 * l - b + q) / 2;
      pixels.set([r, r - q, b, a].map(part => 255 * part), at);
    }
  }
  return pixels;
}

function bytesOf(base64) {
  try {
    return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** Light, yellow against blue, red against green, and alpha, each as its mean and the strengths of its waves. */
function channelsOf(hash) {
  const means = hash[0] | hash[1] << 8 | hash[2] << 16;
  const scales = hash[3] | hash[4] << 8;
  const opaque = !(means >> 23);
  const most = opaque ? 7 : 5;
  const fewer = Math.max(3, scales & 7);
  const [columns, rows] = scales >> 15 ? [most, fewer] : [fewer, most];
  const strengths = nibbles(hash, opaque ? 5 : 6);
  const channel = (mean, scale, columns, rows) => ({ mean, waves: wavesOf(strengths, scale, columns, rows) });
  // The strengths follow each other in this order. Colours are quantised towards grey, and are raised a little.
  return {
    light: channel((means & 63) / 63, (means >> 18 & 31) / 31, columns, rows),
    yellow: channel((means >> 6 & 63) / 31.5 - 1, (scales >> 3 & 63) / 63 * 1.25, 3, 3),
    red: channel((means >> 12 & 63) / 31.5 - 1, (scales >> 9 & 63) / 63 * 1.25, 3, 3),
    alpha: opaque ? { mean: 1, waves: [] } : channel((hash[5] & 15) / 15, (hash[5] >> 4) / 15, 5, 5),
  };
}

/** Half bytes, the lower one first; what is missing is no wave. */
function* nibbles(hash, start) {
  for (const byte of hash.subarray(start)) yield* [byte & 15, byte >> 4];
  while (true) yield 7.5;
}

/** The waves below the diagonal, row by row, without the mean. */
function wavesOf(strengths, scale, columns, rows) {
  const found = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = row ? 0 : 1; column * rows < columns * (rows - row); column += 1) {
      found.push({ column, row, strength: 2 * scale * (strengths.next().value / 7.5 - 1) });
    }
  }
  return found;
}

const sample = ({ mean, waves }, across, down) =>
  waves.reduce((sum, { column, row, strength }) => sum + strength * across[column] * down[row], mean);

/** For each place along a side, the height there of each of the seven waves. */
const waves = length => Array.from({ length }, (_, place) =>
  Array.from({ length: 7 }, (_, wave) => Math.cos(Math.PI / length * (place + .5) * wave)));
