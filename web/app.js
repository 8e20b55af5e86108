// The page: chosen originals become cards, and cards become uploads.

import { wireCopy } from './actions.js';
import { getConfig } from './api.js';
import { Card } from './card.js';
import { onChosen } from './choose.js';
import { curlLine } from './curl.js';
import { add, clear, refresh } from './gallery.js';
import { heldKey, onKey } from './key.js';
import './links.js';
import { watch } from './notifications.js';
import { chosenPreset, offerPresets } from './preset.js';
import { Upload } from './upload.js';
import { bytes, formats } from './words.js';

const configured = getConfig().then(state, () => null);   // without it the server alone judges

/** Says the limits and the presets where the originals are chosen. */
function state(config) {
  const { content_types, limits, presets } = config;
  // By the endings too: not every system knows the types of newer formats.
  document.querySelector('#files').accept =
    content_types.flatMap(type => [type, type.replace('image/', '.')]).join();
  document.querySelector('#limits').textContent =
    `${formats(content_types)}, up to ${bytes(limits.max_bytes)} and ${limits.max_pixels / 1e6} megapixels each`;
  offerPresets(presets, sayShellLine);
  return config;
}

async function upload(originals) {
  const cards = originals.map(({ name }) => new Card(name));
  const uploads = originals.map((original, index) => new Upload(original, cards[index]));
  add(cards);
  cards[0]?.element.scrollIntoView({ block: 'nearest' });   // on a phone it lies below what is seen
  const config = await configured;
  for (const each of uploads) each.start(config, chosenPreset());
}

const shellLine = preset => curlLine('cat.jpg', preset);

function sayShellLine(preset) {
  document.querySelector('#shell-line').textContent = shellLine(preset);
}

sayShellLine();
wireCopy(document.querySelector('#shell-copy'), () => shellLine(chosenPreset()));

onKey(() => {
  sayShellLine(chosenPreset());
  if (heldKey()) clear();
  refresh();
});

addEventListener('beforeunload', event => {
  if (document.querySelector('.card:is([data-status=queued], [data-status=uploading])')) event.preventDefault();
});
document.addEventListener('visibilitychange', () => document.hidden || refresh());

onChosen(upload);
await refresh();
watch(refresh);
