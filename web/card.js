// A card: all that the page shows of one image.

import { wireActions } from './actions.js';
import { announce } from './announce.js';
import { deleteImage, getImage } from './api.js';
import { clear, develop, preview } from './plate.js';
import { listRenditions } from './renditions.js';
import { markStage } from './stages.js';
import { taken } from './taken.js';
import { bytes, counted, format, pixels } from './words.js';

const template = document.querySelector('#card');

/** The card of an image, where the page has one. */
export const cardOf = id => document.getElementById(`image-${id}`)?.card;

export class Card {
  image = null;
  held = false;   // the original is in this page's hands, not only in the server's list
  #quarter = 0;
  #refreshed = false;
  #restate;

  // Whoever has the upload in hand sets its own.
  onretry = () => {};
  ondelete = () => deleteImage(this.id);

  constructor(filename) {
    this.filename = filename;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.card = this;
    this.part('.filename').textContent = filename;
    this.part('.filename').title = filename;
    for (const [selector, what] of [['.original', 'Original of'], ['.json', 'JSON of'], ['.copy', 'Copy as curl:']]) {
      this.part(selector).setAttribute('aria-label', `${what} ${filename}`);
    }
    this.#restate = wireActions(this);
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  get status() {
    return this.element.dataset.status;
  }

  /** Whether its original may still have to be sent from this page. */
  get isInHand() {
    return this.held && (['queued', 'granted', 'uploading'].includes(this.status) || !this.part('.retry').hidden);
  }

  get id() {
    return this.element.dataset.imageId;
  }

  set id(id) {
    if (id === this.id) return;
    cardOf(id)?.element.remove();   // the server's list may have brought it while the grant was under way
    this.element.dataset.imageId = id;
    this.element.id = `image-${id}`;
  }

  /** An original chosen on this page: shown at once. */
  hold(original) {
    this.held = true;
    this.part('.facts').textContent = bytes(original.size);
    preview(this.part('.plate'), original);
  }

  stage(status) {
    this.element.dataset.status = status;
    markStage(this.part('.stages'), status);
    this.note(status === 'queued' ? 'Waiting for its turn' : '');
    if (['received', 'processing'].includes(status)) this.part('progress').value = 1;
    this.say('');
    this.part('.retry').hidden = true;
    this.#restate();
  }

  progress(sent, total) {
    const share = Math.min(sent / total, 1);
    this.part('progress').value = share;
    this.note(`${bytes(sent)} of ${bytes(total)}, ${Math.floor(share * 100)} %`);
    const quarter = Math.floor(share * 4);
    if (quarter > this.#quarter && quarter < 4) announce(`${this.filename}: ${quarter * 25} % uploaded.`);
    this.#quarter = quarter;
  }

  note(text) {
    this.part('.amount').textContent = text;
  }

  say(detail, title = '') {
    this.part('.message strong').textContent = title;
    this.part('.message span').textContent = detail;
    this.part('.message').hidden = !detail;
    if (detail && this.held) announce(`${this.filename}: ${detail}`);
  }

  fail({ message, retryable }) {
    this.stage('failed');
    this.say(message);
    this.part('.retry').hidden = !retryable;
  }

  remove() {
    this.held = false;   // nobody is told of it any more
    clear(this.part('.plate'));
    this.element.remove();
  }

  /** What the server knows of it. */
  show(image) {
    this.image = image;
    this.id = image.id;
    this.stage(image.status === 'awaiting_upload' ? 'granted' : image.status);
    this.#link(image);
    if (image.original) this.#describe(image.original);
    if (image.status === 'ready') this.#finish(image);
    if (image.status === 'failed') this.say(image.error.detail, image.error.title);
    if (image.status === 'expired') this.say('The upload did not come in time.');
    if (image.status === 'awaiting_upload') this.note('Waiting for its bytes, or for its turn');
  }

  #describe(original) {
    this.part('.facts').textContent = facts(original);
    this.part('.taken').replaceChildren(...taken(original.exif).map(line => {
      const row = document.createElement('li');
      row.textContent = line;
      return row;
    }));
  }

  #link({ status, links }) {
    this.part('.json').href = links.self;
    this.part('.json').hidden = false;
    this.part('.original').href = links.original;
    this.part('.original').hidden = !['processing', 'ready', 'failed'].includes(status);
  }

  #finish(image) {
    const widest = image.renditions.toSorted((a, b) => b.width - a.width)[0];
    if (widest) {
      this.part('.plate').href = image.links.renditions[widest.name];
      this.part('.plate').setAttribute('aria-label', `View ${image.filename}`);
    }
    develop(this.part('.plate'), image, () => this.#refresh());
    listRenditions(this.part('.renditions'), image);
    this.part('.renditions').open = this.held;
    const made = counted(image.renditions.length, 'rendition', 'renditions');
    if (this.held) announce(`${image.filename} is ready: ${made}.`);
  }

  /** Signed URLs end after a while, and a page may stay open for longer: fresh ones, once. */
  async #refresh() {
    if (this.#refreshed) return;
    this.#refreshed = true;
    const { image } = await getImage(this.id).catch(() => ({}));
    if (image) this.show(image);
  }
}

const facts = original => `${pixels(original)}, ${format(original.format)}, ${bytes(original.bytes)}`;
