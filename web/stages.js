// The steps of an upload, as a card shows them.

const STAGES = ['granted', 'uploading', 'received', 'processing', 'ready'];

/** Ticks off what has been passed, and names the step in hand. */
export function markStage(list, status) {
  const reached = STAGES.indexOf(status);
  for (const step of list.children) {
    const index = STAGES.indexOf(step.dataset.stage);
    step.classList.toggle('done', index < reached);
    if (index === reached) step.setAttribute('aria-current', 'step');
    else step.removeAttribute('aria-current');
  }
}
