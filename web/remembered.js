// What is kept for this tab. A browser that keeps nothing for pages throws here: then it holds until the page is left.

export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** A tab that this page opens begins with a copy of what is kept here: forgets it there. */
export function forgetIn(tab) {
  try {
    tab.sessionStorage.clear();
  } catch {
    // Nothing is kept there either.
  }
}

/** Null forgets it. */
export function remember(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    // The page itself still knows.
  }
}
