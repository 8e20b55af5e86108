// The list of an image's renditions, each a link that never expires.

import { bytes, counted, format, pixels } from './words.js';

export function listRenditions(details, { renditions, links, preset }) {
  const total = renditions.reduce((sum, rendition) => sum + rendition.bytes, 0);
  details.querySelector('summary').textContent =
    `${counted(renditions.length, 'rendition', 'renditions')} of preset ${preset}, ${bytes(total)}`;
  details.querySelector('ul').replaceChildren(...renditions.map(rendition => row(rendition, links)));
  details.hidden = renditions.length === 0;
}

function row(rendition, links) {
  const link = document.createElement('a');
  link.href = links.renditions[rendition.name];
  link.target = '_blank';
  link.rel = 'noopener';
  link.title = rendition.name;
  link.append(cell(rendition.name), ' ', cell(extent(rendition)), ' ', cell(bytes(rendition.bytes)));
  const line = document.createElement('li');
  line.append(link);
  return line;
}

/** Its format, unless its name says that, its size, and that a part of the picture was cut off. */
function extent(rendition) {
  const named = rendition.name.includes(rendition.format);
  const words = [!named && format(rendition.format), pixels(rendition), rendition.fit === 'cover' && 'cropped'];
  return words.filter(Boolean).join(', ');
}

function cell(text) {
  const span = document.createElement('span');
  span.textContent = text;
  return span;
}
