// A form is sent once: while a request is pending, a second click or key does not send the same content again.
// The server enforces the same by the form's key, for pages without scripts and for repeated requests.
const TIMEOUT = 30000; // milliseconds that a request may take; then the form may be sent again
/** @type {WeakMap<HTMLFormElement, { content: string, timer: number }>} */
const inFlight = new WeakMap();

/**
 * The field with the form's idempotency key.
 * @param {HTMLFormElement | null} form
 */
export function keyField(form) {
  const field = form?.elements.namedItem("form_key");
  return field instanceof HTMLInputElement ? field : null;
}

// A refresh of the page gives a form other tokens while its request is pending: they are not part of its content.
const TOKENS = ["form_key", "csrf_token"];

/**
 * @param {HTMLFormElement} form
 * @param {SubmitEvent["submitter"]} submitter
 */
function serialize(form, submitter) {
  const own = submitter && "form" in submitter && submitter.form === form;
  const entries = [...new FormData(form, own ? submitter : null)].filter(([name]) => !TOKENS.includes(name));
  return JSON.stringify(
    entries.map(([name, value]) => [
      name,
      value instanceof File ? [value.name, value.size, value.lastModified] : value,
    ]),
  );
}

/**
 * The form may be sent again.
 * @param {HTMLFormElement | null} form
 */
export function allowResubmit(form) {
  if (!form) return;
  clearTimeout(inFlight.get(form)?.timer);
  inFlight.delete(form);
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !keyField(form)) return;
    const content = serialize(form, event.submitter);
    if (inFlight.get(form)?.content === content) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    allowResubmit(form);
    inFlight.set(form, { content, timer: setTimeout(() => inFlight.delete(form), TIMEOUT) });
  },
  true,
);

/** @param {HtmxContext} ctx */
function formOf({ sourceElement: source }) {
  return "form" in source && source.form instanceof HTMLFormElement ? source.form : source.closest("form");
}
// A form that stays on the page gets its next key with the response.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const next = ctx.response?.headers?.get("X-Form-Key");
  const field = keyField(formOf(ctx));
  if (next && field) field.value = next;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => allowResubmit(formOf(ctx)));
// A page that comes back from the browser's back/forward cache.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form")) allowResubmit(form);
});
