// Elements and data attributes that a script needs, with an error that names what the page lacks, and the element of an event.

/**
 * The first element that matches. Throws when the page has none.
 * @template {Element} [E=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {E}
 */
export function required(selector, root = document) {
  /** @type {E | null} */
  const found = root.querySelector(selector);
  if (!found) throw new Error(`No element matches ${selector}`);
  return found;
}

/**
 * The value of a data attribute. Throws when the element has none.
 * @param {HTMLElement} element
 * @param {string} name as in `dataset`: "bulkMenu" for data-bulk-menu
 */
export function requiredData(element, name) {
  const value = element.dataset[name];
  if (value === undefined)
    throw new Error(`<${element.localName} class="${element.className}"> has no dataset.${name}`);
  return value;
}

/**
 * The element that an event comes from, or null when it comes from the document or the window.
 * @param {Event} event
 */
export const eventElement = ({ target }) => (target instanceof Element ? target : null);
