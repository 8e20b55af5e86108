// What the local runner has announced; elsewhere there is no such list, and no panel.

import { getNotifications } from './api.js';
import { cardOf } from './card.js';
import { heldKey, onKey } from './key.js';

const SHOWN = 8;
const EVERY_SECONDS = 2;
const panel = document.querySelector('#notifications');
const list = panel.querySelector('ol');
const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

let told;   // as it was listed last, undefined until it was, by each key
let goOn = () => {};

/** Another key may be another owner's. */
onKey(() => {
  if (!heldKey()) return;
  told = undefined;
  list.replaceChildren();
  goOn();
});

/** Polls while the page is visible; calls `refresh` when it hears of what the page does not show yet. */
export async function watch(refresh) {
  for (;;) {
    const before = told;
    try {
      const latest = (await getNotifications()).notifications.slice(-SHOWN);
      const now = JSON.stringify(latest);
      const isNews = now !== before;
      if (isNews && before !== undefined && !latest.every(isShown)) await refresh();   // first, for the names
      if (told !== before) continue;   // it was asked for on behalf of an earlier key
      if (isNews) show(latest);
      told = now;
      panel.hidden = false;
    } catch (fault) {
      if (fault.status === 404) return;   // there is no list
      if ([401, 403].includes(fault.status)) {
        panel.hidden = true;
        await new Promise(resume => { goOn = resume; });   // no key was given, or one for other things: once one is
        continue;
      }
    }
    await new Promise(resume => setTimeout(resume, 1000 * EVERY_SECONDS));
    await visible();
  }
}

const isShown = ({ type, image_id }) => type === `image.${cardOf(image_id)?.status}`;

/** The newest first. Their delivery goes on after they were first told. */
function show(notifications) {
  list.replaceChildren(...notifications.map(line).reverse());
}

function line({ type, image_id, at, delivery }) {
  const entry = document.createElement('li');
  const link = document.createElement('a');
  link.href = `/images/${image_id}`;
  link.target = '_blank';
  link.rel = 'noopener';
  link.textContent = cardOf(image_id)?.filename ?? image_id;
  entry.append(cell('time', time.format(new Date(at))), cell('span', type), link, cell('span', delivery.replace('_', ' ')));
  return entry;
}

function cell(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

const visible = () => new Promise(resume => {
  if (!document.hidden) resume();
  else document.addEventListener('visibilitychange', () => resume(), { once: true });
});
