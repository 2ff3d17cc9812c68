// A form is sent once: while it is on its way, the same content is not sent again by a second click or key.
// The server holds the same rule by the form's key, for pages without a script and for requests that were repeated on the way.
const LONGEST = 30000; // milliseconds that a request may take: after that the person may try again
const sending = new WeakMap();

const keyOf = (form) => form?.elements?.namedItem?.("form_key");

function content(form, submitter) {
  const entries = [...new FormData(form, submitter?.form === form ? submitter : null)];
  return JSON.stringify(
    entries.map(([name, value]) => [
      name,
      value instanceof File ? [value.name, value.size, value.lastModified] : value,
    ]),
  );
}

/** The form may be sent again. */
export function release(form) {
  clearTimeout(sending.get(form)?.timer);
  sending.delete(form);
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!keyOf(form)) return;
    const what = content(form, event.submitter);
    if (sending.get(form)?.what === what) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    release(form);
    sending.set(form, { what, timer: setTimeout(() => sending.delete(form), LONGEST) });
  },
  true,
);

const formOf = (ctx) => ctx?.sourceElement?.form ?? ctx?.sourceElement?.closest?.("form");
// A form that stays on the page after it was sent gets its next key with the answer.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const next = ctx.response?.headers?.get("X-Form-Key");
  const field = next && keyOf(formOf(ctx));
  if (field) field.value = next;
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => release(formOf(ctx)));
// A page that came back from the browser's memory.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form").forEach(release);
});
