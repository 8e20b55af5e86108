// What can be told of an original before the server is asked.

import { bytes, exactly, format, formats } from './words.js';

/** What a system calls a file that it does not know. */
const UNKNOWN = ['', 'application/octet-stream'];

/**
 * The reason why the original cannot be taken, or nothing. Types have more names than the server lists: what may be
 * a picture is the server's to judge.
 */
export function objection({ size, type }, config) {
  if (size === 0) return 'It is empty: there is no image in it.';
  if (!config) return;
  const { content_types, limits } = config;
  if (!UNKNOWN.includes(type) && (!type.startsWith('image/') || type === 'image/svg+xml')) {
    return `Its type is ${format(type)}; Tintype takes ${formats(content_types)}.`;
  }
  if (size > limits.max_bytes) {
    return `It has ${exactly(size)} bytes (${bytes(size)}); the limit is ${exactly(limits.max_bytes)} (${bytes(limits.max_bytes)}).`;
  }
}
