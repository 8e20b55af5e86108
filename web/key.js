// The key that a site may want: asked for once, kept for this tab, forgotten on request.

import { remember, remembered } from './remembered.js';

const NAME = 'key';
const dialog = document.querySelector('#key');
const field = dialog.querySelector('input');
const enter = document.querySelector('#key-enter');
const forget = document.querySelector('#key-forget');

let held = remembered(NAME);
let question = null;   // one, however many calls wait for its answer
let declined = false;
const told = [];

export const heldKey = () => held;

/** Whether a request without one would be refused, as far as is known. */
export const isKeyWanted = () => held !== null || declined;

/** Tells when it was given, or not. */
export const onKey = tell => told.push(tell);

/** After a refusal: whether there is now another key than the one refused, whose fault is `reason`. */
export async function anotherKey(refused, reason) {
  if (held !== refused) return held !== null;   // another call has learned it in the meantime
  if (declined) return false;
  question ??= ask(refused && reason).finally(() => { question = null; });
  return question;
}

/** Whoever tries once more may be asked once more. */
export function askAgain() {
  declined = false;
}

/** Whether the person gave one. */
async function ask(fault) {
  dialog.querySelector('.fault').textContent = fault ? `That key was refused. ${fault}` : '';
  dialog.querySelector('.fault').hidden = !fault;
  const given = await answer();
  declined = !given;
  hold(given);
  for (const tell of told) tell();
  return !declined;
}

/** What was typed, or null. */
function answer() {
  return new Promise(resolve => {
    field.value = '';
    dialog.returnValue = '';
    dialog.showModal();
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue ? field.value.trim() : null);
      field.value = '';
    }, { once: true });
  });
}

function hold(key) {
  held = key;
  remember(NAME, key);
  state();
}

function state() {
  forget.hidden = held === null;
  enter.hidden = !declined;
}

dialog.querySelector('form').addEventListener('submit', event => {
  event.preventDefault();
  dialog.close('given');
});
dialog.querySelector('.later').addEventListener('click', () => dialog.close());

enter.addEventListener('click', () => {
  askAgain();
  anotherKey(null);
});

/** With it goes all that it has shown. */
forget.addEventListener('click', () => {
  hold(null);
  location.reload();
});

state();
