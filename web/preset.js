// The preset that the next uploads ask for: picked once, remembered for the tab.

import { remember, remembered } from './remembered.js';
import { format, listed } from './words.js';

const picker = document.querySelector('#preset');
const makes = document.querySelector('#preset-makes');
const NAME = 'preset';

/** Offers the presets of the configuration, and tells each choice, the first one included. */
export function offerPresets(presets, tell) {
  picker.replaceChildren(...presets.map(({ name }) => new Option(name)));
  const before = remembered(NAME);
  if (presets.some(({ name }) => name === before)) picker.value = before;
  const state = () => {
    makes.textContent = makings(presets[picker.selectedIndex].renditions);
    tell(picker.value);
  };
  picker.addEventListener('change', () => {
    remember(NAME, picker.value);
    state();
  });
  state();
  picker.parentElement.hidden = presets.length < 2;
}

/** Its name, or nothing where the server's own choice will do. */
export const chosenPreset = () => picker.value || undefined;

/** What a preset makes of an original: its formats, each with its sizes. */
function makings(renditions) {
  const groups = Map.groupBy(renditions, ({ format, fit }) => `${format} ${fit ?? 'inside'}`);
  return [...groups.values()].map(group => {
    const cropped = group[0].fit === 'cover' ? ' cropped to' : '';
    return `${format(group[0].format)}${cropped} ${listed(group.map(size))}`;
  }).join('; ');
}

function size({ width, height }) {
  if (width && height) return `${width} × ${height}`;
  if (width) return `${width}`;
  return height ? `${height} high` : 'in full size';
}
