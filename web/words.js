// How sizes and formats are said.

const all = new Intl.ListFormat('en-GB', { type: 'conjunction' });
const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });
const oneDecimal = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

export function bytes(count) {
  if (count < 1024) return `${count} bytes`;
  if (count < 1024 ** 2) return `${whole.format(count / 1024)} KB`;
  return `${oneDecimal.format(count / 1024 ** 2)} MB`;
}

export const exactly = count => whole.format(count);

/** `jpeg` and `image/jpeg` are both said as JPEG; what is no image keeps its full type. */
export function format(name) {
  const short = name.replace('image/', '').replace('+xml', '');
  if (short.includes('/')) return short;
  return short === 'webp' ? 'WebP' : short.toUpperCase();
}

export const formats = names => either.format(names.map(format));

export const listed = words => all.format(words);

export const pixels = ({ width, height }) => `${width} × ${height}`;

export const counted = (count, one, many) => `${count} ${count === 1 ? one : many}`;
