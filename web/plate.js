// The picture of a card: the original from memory at once, its renditions when they are ready.

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
}

/** Lays the renditions over the preview and fades them in; `stale` is called if a signed URL has expired. */
export function develop(plate, { filename, renditions, srcset }, stale) {
  const fallback = renditions.findLast(({ format }) => format === 'jpeg') ?? renditions.at(-1);
  if (!fallback) return;
  const picture = document.createElement('picture');
  for (const [format, candidates] of Object.entries(srcset)) {
    if (format !== fallback.format) picture.append(source(format, candidates));
  }
  const image = new Image();
  image.className = 'finished';
  image.alt = filename;
  image.sizes = SIZES;
  image.srcset = srcset[fallback.format] ?? '';
  image.src = fallback.url;
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
