// The cards on the page, newest first, and the server's list that fills them.

import { announce, clearAnnouncements } from './announce.js';
import { listImages } from './api.js';
import { Card, cardOf } from './card.js';
import { follow } from './follow.js';
import { counted } from './words.js';

const PAGE = 12;
const list = document.querySelector('#cards');
const empty = document.querySelector('#empty');
const older = document.querySelector('#older');
let filled = false;

/** Puts the cards of new uploads in front. */
export function add(cards) {
  list.prepend(...cards.map(({ element }) => element));
}

/** Takes away what an earlier key has shown, or none: it may be another owner's. What is in this page's hands stays. */
export function clear() {
  for (const { card } of list.querySelectorAll('.card')) if (!card.isInHand) card.remove();
  clearAnnouncements();
  older.hidden = true;
  filled = false;
}

/** Fills the gallery at first; later brings in what has come by another way. */
export async function refresh() {
  try {
    const { images, next } = await listImages(`/images?limit=${PAGE}`);
    images.forEach(bring);
    if (!filled) offerOlder(next);
    filled = true;
    empty.textContent = 'None yet. What you upload appears here.';
  } catch (fault) {
    empty.textContent = `The images could not be listed. ${fault.message}`;
  }
  empty.hidden = false;
}

async function showOlder() {
  older.disabled = true;
  const shown = list.children.length;
  try {
    const { images, next } = await listImages(older.value);
    images.forEach(bring);
    offerOlder(next);
    announce(`${counted(images.length, 'older image', 'older images')} shown.`);
    list.children[shown]?.querySelector('.json').focus({ preventScroll: true });
  } catch (fault) {
    offerOlder(older.value);
    announce(`The older images could not be listed. ${fault.message}`);
  }
}

function offerOlder(next) {
  older.disabled = false;
  older.value = next ?? '';
  older.hidden = !next;
}

function bring(image) {
  if (!cardOf(image.id)) place(image);
  update(image);
}

/** Where its age puts it: before the first that is older. */
function place({ id, filename, created_at }) {
  const card = new Card(filename);
  card.id = id;
  const after = [...list.children].find(({ card }) => card.image?.created_at < created_at);
  list.insertBefore(card.element, after ?? null);
}

/** An upload in hand is told of by its own journey, sooner than by the list. */
function update(image) {
  const card = cardOf(image.id);
  if (card.held || !isNews(image, card.image)) return;
  card.show(image);
  if (image.status === 'processing') {
    follow(image.id, latest => card.show(latest)).catch(fault => card.say(fault.message));
  }
}

/** Two lists may be asked for at once and answered in the other order: a state never goes backwards. */
const isNews = (image, known) => !known ||
  (image.status !== known.status && Date.parse(image.status_changed_at) >= Date.parse(known.status_changed_at));

older.addEventListener('click', showOlder);
