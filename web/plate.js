// The picture of a card: the original from memory or its placeholder at once, its renditions when they are ready.

import { thumbHash } from './thumbhash.js';

const PLACEHOLDER_SIDE = 100;   // so that rounding does not show in its shape

/** Shows the chosen original without waiting for anything; the object URL lives until `develop` or `clear`. */
export function preview(plate, original) {
  const image = new Image();
  image.className = 'preview';
  image.alt = '';
  image.src = URL.createObjectURL(original);
  image.addEventListener('error', () => clear(plate));   // not an image after all: the server will say so
  plate.append(image);
}

export function clear(plate) {
  for (const image of plate.querySelectorAll('.preview')) {
    URL.revokeObjectURL(image.src);
    image.remove();
  }
  plate.querySelector('.placeholder')?.remove();
}

/** What the picture will look like, in outline: behind it until it has come, where there is no preview. */
function placehold(plate, { original, placeholder, color }) {
  if (!original || !(placeholder || color) || plate.querySelector('img, canvas')) return;
  const canvas = document.createElement('canvas');
  const scale = PLACEHOLDER_SIDE / Math.max(original.width, original.height);
  canvas.className = 'placeholder';
  canvas.width = Math.max(1, Math.round(original.width * scale));
  canvas.height = Math.max(1, Math.round(original.height * scale));
  const context = canvas.getContext('2d');
  const pixels = placeholder && thumbHash(placeholder, canvas.width, canvas.height);
  if (pixels) {
    context.putImageData(new ImageData(pixels, canvas.width), 0, 0);
  } else if (color) {
    context.fillStyle = color;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  plate.append(canvas);
}

// A browser takes the first that it knows: the smallest first, and last what all of them show.
const FORMATS = ['avif', 'webp', 'jpeg', 'png'];

/** Lays the renditions over what is there and fades them in; `stale` is called if a signed URL has expired. */
export function develop(plate, record, stale) {
  const { filename, srcset } = record;
  placehold(plate, record);
  const formats = FORMATS.filter(format => srcset[format]);
  const fallback = formats.pop();
  if (!fallback) return;
  const picture = document.createElement('picture');
  for (const format of formats) picture.append(source(format, srcset[format]));
  const image = new Image();
  image.className = 'finished';
  image.alt = filename;
  image.sizes = SIZES;
  image.srcset = srcset[fallback];
  image.src = srcset[fallback].split(' ')[0];
  image.addEventListener('load', () => settle(plate, picture, image), { once: true });
  image.addEventListener('error', stale, { once: true });
  picture.append(image);
  plate.append(picture);
}

// What the style sheet makes of a card, so that the browser takes the small rendition.
const SIZES = '(max-width: 700px) 90vw, 320px';

function source(format, candidates) {
  const source = document.createElement('source');
  source.type = `image/${format}`;
  source.sizes = SIZES;
  source.srcset = candidates;
  return source;
}

async function settle(plate, picture, image) {
  image.classList.add('shown');
  await Promise.allSettled(image.getAnimations().map(animation => animation.finished));
  clear(plate);
  for (const older of plate.querySelectorAll('picture')) if (older !== picture) older.remove();
}
