// The one PUT of an original to its presigned URL.

import { connectionLost } from './api.js';

/**
 * Sends the original and resolves to the status of the answer.
 * XMLHttpRequest, because fetch tells nothing of an upload's progress.
 */
export function put({ url, method, headers }, original, { progress, signal }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    request.addEventListener('loadend', () => signal.removeEventListener('abort', abort));
    request.upload.addEventListener('progress', event => progress(event.loaded));
    request.addEventListener('load', () => resolve(request.status));
    request.addEventListener('error', () => reject(connectionLost()));
    request.addEventListener('abort', () => reject(signal.reason));
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(untyped(original));
  });
}

/** Without a type: the browser would add it as a content-type that may not have been signed. */
const untyped = original => original.slice(0, original.size, '');
