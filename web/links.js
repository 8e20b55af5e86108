// Links to the API: a browser that follows one sends no key, so that with one in hand the page asks in its place.

import { Fault, getLinked } from './api.js';
import { heldKey } from './key.js';
import { forgetIn } from './remembered.js';

const SHOWN_SECONDS = 60;

document.addEventListener('click', event => {
  const link = event.target.closest('a[href^="/images/"]');
  if (!link || !heldKey()) return;
  event.preventDefault();
  show(link);
});

async function show(link) {
  const tab = open('about:blank', '_blank');   // at once: later it would be taken for a pop-up
  try {
    if (!tab) throw new Fault('The browser opened no tab for it. Does it block pop-ups here?');
    forgetIn(tab);
    const url = await target(link.getAttribute('href'));
    tab.opener = null;
    tab.location = url;
  } catch (fault) {
    tab?.close();
    link.closest('.card')?.card.say(fault.message);
  }
}

/** Where the API sends to, or what it answers itself. */
async function target(path) {
  const response = await getLinked(path);
  if (response.redirected) {
    await response.body?.cancel();
    return response.url;
  }
  const url = URL.createObjectURL(await response.blob());
  setTimeout(() => URL.revokeObjectURL(url), 1000 * SHOWN_SECONDS);
  return url;
}
