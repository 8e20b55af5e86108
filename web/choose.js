// The ways by which originals come to the page: chosen, dropped anywhere, pasted.

const input = document.querySelector('#files');

/** Tells every batch of originals, in the person's order. */
export function onChosen(tell) {
  const pass = originals => originals.length > 0 && tell(originals);
  input.addEventListener('change', () => {
    pass([...input.files]);
    input.value = '';   // or choosing the same again would change nothing
  });
  document.addEventListener('paste', event => pass([...event.clipboardData.files]));
  document.addEventListener('drop', event => {
    if (!carriesOriginals(event)) return;
    event.preventDefault();
    hover(false);
    pass(dropped(event.dataTransfer));
  });
}

const carriesOriginals = event => event.dataTransfer.types.includes('Files');

/** Leaves out folders, which come as things of no type that cannot be read. */
const dropped = transfer => [...transfer.items]
  .filter(entry => entry.kind === 'file' && !entry.webkitGetAsEntry?.()?.isDirectory)
  .map(entry => entry.getAsFile());

const hover = over => document.documentElement.classList.toggle('hover', over);

document.addEventListener('dragover', event => {
  if (!carriesOriginals(event)) return;
  event.preventDefault();   // without this the browser would leave the page for the image
  event.dataTransfer.dropEffect = 'copy';
  hover(true);
});

document.addEventListener('dragleave', event => {
  if (!event.relatedTarget) hover(false);   // it has left the window, not only one element for the next
});
