// The shell line that uploads an original as this page does.

import { isKeyWanted } from './key.js';

const DEFAULT = 'default';   // the preset of who asks for none

export function curlLine(filename, preset = DEFAULT) {
  const noGlobbing = /[[\]{}\\]/.test(filename) ? ' -g' : '';   // curl expands these in -T and in URLs
  const path = filename.startsWith('-') ? `./${filename}` : filename;   // not an option, and not standard input
  const url = `${location.origin}/uploads/${encoded(filename)}`;
  const key = isKeyWanted() ? ' -H "Authorization: Bearer $KEY"' : '';   // the secret itself stays out of sight
  return `curl -fsS${noGlobbing}${key} -LT ${quoted(path)} ${preset === DEFAULT ? url : quoted(`${url}?preset=${preset}`)}`;
}

const quoted = word => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Also what encodeURIComponent leaves and a shell would read. */
const encoded = segment =>
  encodeURIComponent(segment).replace(/[!'()*~]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Copies the text; where the page is not a secure context, by way of a selection. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'unseen';
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
  focused?.focus();
}
