// One original on its way: granted, put, received, followed. A retry goes on from where it stopped.

import { announce } from './announce.js';
import { createUpload, deleteImage, deleteUpload, Fault, renewUpload } from './api.js';
import { objection } from './check.js';
import { randomKey, sha256 } from './digest.js';
import { follow } from './follow.js';
import { askAgain } from './key.js';
import { Lanes } from './lanes.js';
import { put } from './put.js';

const lanes = new Lanes(3);

export class Upload {
  #original;
  #card;
  #key = randomKey();   // asking again after a lost answer gives the same image
  #grant = null;
  #preset;
  #receivedAt = 0;
  #stop = new AbortController();

  constructor(original, card) {
    this.#original = original;
    this.#card = card;
    card.hold(original);
    card.stage('queued');
    card.onretry = () => {
      askAgain();
      this.run();
    };
    card.ondelete = () => this.#giveUp();
  }

  /** Refuses at once what the configuration rules out, so that nothing is sent in vain. */
  start(config, preset) {
    this.#preset = preset;
    const reason = objection(this.#original, config);
    if (reason) this.#card.fail(new Fault(reason, { retryable: false }));
    else this.run();
  }

  async run() {
    try {
      if (!this.#receivedAt) await this.#inTurn();
      await follow(this.#grant.id, image => this.#show(image), this.#stop.signal);
      if (this.#card.status === 'ready') this.#card.note(`Ready ${seconds(this.#receivedAt)} after it was received`);
    } catch (error) {
      if (error.name === 'AbortError') return;
      if (this.#receivedAt && error.status === 403) this.#card.say('It has arrived. This key may not ask what becomes of it.');
      else this.#card.fail(error);
    }
  }

  #inTurn() {
    this.#card.stage('queued');
    return lanes.run(() => this.#send());
  }

  async #send() {
    this.#stop.signal.throwIfAborted();
    const arrived = this.#grant ? await this.#renew() : await this.#ask().catch(fault => this.#askAnew(fault, ['upload_gone']));
    if (!arrived) await this.#put().catch(fault => this.#putAgain(fault));
    this.#receivedAt = Date.now();
    this.#card.stage('received');
  }

  /** A URL that is refused may have expired (403), or the credentials that signed it (400): it is renewed once. */
  async #putAgain(fault) {
    if (![400, 403].includes(fault.status)) throw fault;
    if (!await this.#renew()) await this.#put();
  }

  /** Asks for the grant; false, as nothing has arrived yet. */
  async #ask() {
    const { name, size, type } = this.#original;
    const hash = await sha256(this.#original).catch(() => { throw unreadable(); });
    const upload = {
      filename: name.toWellFormed(), content_type: type || undefined, bytes: size, sha256: hash, preset: this.#preset,
    };
    this.#grant = await createUpload(upload, this.#key, this.#stop.signal);
    this.#card.id = this.#grant.id;
    this.#card.stage('granted');
    return false;
  }

  /** As another upload, where the first has ended since. */
  #askAnew(fault, ended) {
    if (!ended.includes(fault.code)) throw fault;
    this.#key = randomKey();
    return this.#ask();
  }

  /** A fresh URL for the same image; true where the original had arrived after all. */
  async #renew() {
    try {
      this.#grant = await renewUpload(this.#grant.id, this.#stop.signal);
      return false;
    } catch (fault) {
      if (fault.code === 'already_uploaded') return true;
      return this.#askAnew(fault, ['upload_gone', 'not_found']);   // or it was granted to another key's owner
    }
  }

  /** Comes back where the original has arrived, by this PUT or (412) by an earlier one whose answer was lost. */
  async #put() {
    const { size } = this.#original;
    this.#card.stage('uploading');
    this.#card.progress(0, size);
    announce(`${this.#original.name} is uploading.`);
    const progress = sent => this.#card.progress(sent, size);
    const status = await put(this.#grant.upload, this.#original, { progress, signal: this.#stop.signal });
    if (status !== 412 && status >= 300) throw refusal(status);
  }

  #show(image) {
    if (image.status !== 'awaiting_upload') this.#card.show(image);   // the event is still under way
  }

  async #giveUp() {
    this.#stop.abort();
    if (!this.#grant) return;
    if (this.#receivedAt) return deleteImage(this.#grant.id);
    await deleteUpload(this.#grant.id).catch(fault => {
      if (fault.code === 'already_uploaded') return deleteImage(this.#grant.id);
      throw fault;
    });
  }
}

const unreadable = () =>
  new Fault('The browser could not read it. Was it moved or changed after you chose it?', { retryable: false });

function refusal(status) {
  if (status === 403) return new Fault('The storage refused the upload, with a fresh URL as well.', { status });
  if (status === 400) return new Fault('It arrived damaged, and the storage refused it.', { status });
  return new Fault(`The storage answered ${status}.`, { status });
}

const seconds = since => `${((Date.now() - since) / 1000).toFixed(1)} s`;
