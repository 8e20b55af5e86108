// The SHA-256 of an original, in hex, so that the storage verifies what arrived.

const MAX_BYTES = 16 * 1024 ** 2;   // crypto.subtle wants all of it in memory at once

/** Nothing where the original is large, or the page is not a secure context. */
export async function sha256(original) {
  if (!globalThis.crypto?.subtle || original.size > MAX_BYTES) return undefined;
  return hex(await crypto.subtle.digest('SHA-256', await original.arrayBuffer()));
}

export const randomKey = () => hex(crypto.getRandomValues(new Uint8Array(16)));

const hex = octets => Array.from(new Uint8Array(octets), octet => octet.toString(16).padStart(2, '0')).join('');
