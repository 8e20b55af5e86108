// Progress in words, for those who listen to the page.

const log = document.querySelector('#announcements');
const KEPT = 8;

/** Takes back what was said. */
export const clearAnnouncements = () => log.replaceChildren();

export function announce(text) {
  const line = document.createElement('p');
  line.textContent = text;
  log.append(line);
  while (log.children.length > KEPT) log.firstChild.remove();
}
