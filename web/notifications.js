// What the local runner has announced; elsewhere there is no such list, and no panel.

import { getNotifications } from './api.js';
import { cardOf } from './card.js';
import { heldKey, onKey } from './key.js';

const SHOWN = 8;
const EVERY_SECONDS = 2;
const panel = document.querySelector('#notifications');
const list = panel.querySelector('ol');
const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

let last;   // undefined until the list was read, by each key
let goOn = () => {};

/** Another key may be another owner's. */
onKey(() => {
  if (!heldKey()) return;
  last = undefined;
  list.replaceChildren();
  goOn();
});

/** Polls while the page is visible; calls `refresh` when it hears of what the page does not show yet. */
export async function watch(refresh) {
  for (;;) {
    const after = last;
    try {
      const news = await getNotifications(after ?? 0);
      if (last !== after) continue;   // it was asked for on behalf of an earlier key
      if (last !== undefined && !news.notifications.every(isShown)) await refresh();   // first, for the names
      show(news.notifications);
      panel.hidden = false;
      last = news.last;
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

/** An event whose delivery has gone on is told again, and takes its new place. */
function show(notifications) {
  for (const { event_id } of notifications) list.querySelector(`[data-event-id="${CSS.escape(event_id)}"]`)?.remove();
  list.prepend(...notifications.slice(-SHOWN).map(line).reverse());
  while (list.children.length > SHOWN) list.lastChild.remove();
}

function line({ event_id, type, image_id, at, delivery }) {
  const entry = document.createElement('li');
  entry.dataset.eventId = event_id;
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
