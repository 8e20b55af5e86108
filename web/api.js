// The calls of the API that the page makes, with the key if there is one; every fault leaves here as a Fault in plain words.

import { anotherKey, heldKey } from './key.js';

/** What went wrong, said to the person, and whether trying again can help. */
export class Fault extends Error {
  constructor(message, { status = 0, code = 'network', retryable = true } = {}) {
    super(message);
    Object.assign(this, { status, code, retryable });
  }
}

export const connectionLost = () =>
  new Fault('The connection was lost. The image is safe with you: try again when you are back.');

export const getConfig = () => ask('GET', '/config').then(json);

export const createUpload = (upload, key, signal) =>
  ask('POST', '/uploads', { body: upload, headers: { 'idempotency-key': key }, signal }).then(json);

export const renewUpload = (id, signal) => ask('POST', `/uploads/${id}/renew`, { signal }).then(json);

export const deleteUpload = id => ask('DELETE', `/uploads/${id}`);

export const deleteImage = id => ask('DELETE', `/images/${id}`);

export const listImages = path => ask('GET', path).then(json);

export const getNotifications = () => ask('GET', '/local/notifications').then(json);

/** Whatever a link of the API leads to. */
export const getLinked = path => ask('GET', path);

/** The image, or null where it is still as `etag` knew it. */
export async function getImage(id, { etag, wait, signal } = {}) {
  const query = wait ? `?wait=${wait}` : '';
  const headers = etag ? { 'if-none-match': etag } : {};
  const response = await ask('GET', `/images/${id}${query}`, { headers, signal });
  const image = response.status === 304 ? null : await json(response);
  return { image, etag: response.headers.get('etag') ?? etag };
}

async function ask(method, path, { body, headers = {}, signal } = {}) {
  const init = { method, headers, signal };
  if (body) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, 'content-type': 'application/json' };
  }
  for (;;) {
    const key = heldKey();
    const sent = key ? { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } } : init;
    const response = await fetch(path, sent).catch(unlessAborted);
    if (response.ok || response.status === 304) return response;
    const fault = await problem(response);
    if (fault.status !== 401) throw fault;
    if (!await anotherKey(key, fault.message)) throw keyless();
  }
}

const keyless = () => new Fault('This site wants a key.', { status: 401, code: 'unauthorized' });

const json = response => response.json().catch(unlessAborted);

/** An abort is the person's own doing and passes; anything else means that the answer did not come. */
function unlessAborted(error) {
  throw error.name === 'AbortError' ? error : connectionLost();
}

async function problem(response) {
  const { title, detail, code } = await response.json().catch(() => ({}));
  const { status } = response;
  const message = detail ?? title ?? `The server answered ${status} and did not say why.`;
  return new Fault(message, { status, code, retryable: status >= 500 || status === 429 });
}
