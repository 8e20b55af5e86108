// The buttons of a card.

import { announce } from './announce.js';
import { copy, curlLine } from './curl.js';

const COPIED_SECONDS = 1.6;
const DOUBLE_CLICK_SECONDS = 0.6;

/** Answers with what states the delete button anew when the card's status has changed. */
export function wireActions(card) {
  card.part('.retry').addEventListener('click', () => card.onretry());
  wireCopy(card.part('.copy'), () => curlLine(card.filename, card.image?.preset));
  return wireDelete(card, card.part('.delete'));
}

/** Copies a line of text and says so in the button's own place. */
export function wireCopy(button, text) {
  const label = button.textContent;
  button.addEventListener('click', async () => {
    const done = await copy(text()).then(() => true, () => false);
    button.textContent = done ? 'Copied' : 'Not allowed';
    announce(done ? 'The curl line is copied.' : 'The browser did not allow copying.');
    setTimeout(() => { button.textContent = label; }, 1000 * COPIED_SECONDS);
  });
}

/** Cancel, dismiss or delete, as the card stands; what the server has is asked about once more. */
function wireDelete(card, button) {
  let askedAt = 0;
  const restate = (asking = false) => {
    const word = asking ? 'Delete for ever?' : deleteWord(card);
    button.classList.toggle('asking', asking);
    button.textContent = word;
    button.setAttribute('aria-label', `${word} ${card.filename}`);
    if (asking) button.focus();   // some browsers give a clicked button no focus, and it must have some to lose
  };
  button.addEventListener('blur', () => restate());
  button.addEventListener('keydown', event => {
    if (event.key === 'Escape') restate();
    if (event.repeat) event.preventDefault();   // a key that is held is no answer
  });
  button.addEventListener('click', ({ timeStamp }) => {
    const asking = button.classList.contains('asking');
    if (deleteWord(card) !== 'Delete') return remove(card, button);
    if (!asking) {
      askedAt = timeStamp;
      restate(true);
      return announce(`Once more to delete ${card.filename} for ever.`);
    }
    if (timeStamp - askedAt > 1000 * DOUBLE_CLICK_SECONDS) remove(card, button);
  });
  return restate;
}

function deleteWord({ status, id, held }) {
  if (!id && status === 'failed') return 'Dismiss';
  return held && ['queued', 'granted', 'uploading'].includes(status) ? 'Cancel' : 'Delete';
}

async function remove(card, button) {
  button.disabled = true;
  try {
    await card.ondelete();
  } catch (fault) {
    if (fault.status !== 404) return refuse(card, button, fault);   // 404: gone already, as was wished
  }
  const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
  card.remove();
  announce(`${card.filename} is deleted.`);
  (next?.querySelector('.delete') ?? document.querySelector('#files')).focus({ preventScroll: true });
}

function refuse(card, button, fault) {
  button.disabled = false;
  card.say(fault.message, 'Not deleted.');
}
