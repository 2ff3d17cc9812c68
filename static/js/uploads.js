// Uploads with progress: form[data-upload] posts each chosen file by XMLHttpRequest, since fetch reports no upload progress.
// The response replaces the element that data-upload names.
import htmx from "htmx.org";
import { required, requiredData } from "./elements.js";
import { keyField } from "./form-submit-once.js";
import { csrfToken, errorMessage, signIn } from "./requests.js";
import { toast } from "./toasts.js";

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.matches('input[type="file"]')) return;
  /** @type {HTMLFormElement | null} */
  const form = input.closest("form[data-upload]");
  const files = [...(input.files ?? [])];
  if (!form || !files.length) return;
  input.value = "";
  for (const file of files) await upload(form, input.name, file); // one after the other: each response holds the whole list
});

/**
 * The form that is on the page now: the list is replaced by each response, and another task may be open meanwhile.
 * @param {HTMLFormElement} form
 * @returns {HTMLFormElement | null}
 */
const currentForm = (form) =>
  document.querySelector(`form[data-upload][action="${CSS.escape(form.getAttribute("action") ?? "")}"]`);

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {File} file
 * @returns {Promise<void>}
 */
function upload(form, name, file) {
  const line = document.createElement("div");
  line.className = "upload-line";
  line.innerHTML = '<span class="cut"></span><progress class="meter meter-calm" max="100" value="0"></progress>';
  required("span", line).textContent = file.name;
  /** @type {HTMLProgressElement} */
  const bar = required("progress", line);
  bar.setAttribute("aria-label", `Uploading ${file.name}`);
  currentForm(form)?.querySelector(".uploads")?.append(line);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append(name, file);
    /** @type {NodeListOf<HTMLInputElement>} */
    const fields = form.querySelectorAll("input[name]:not([type=file]):not([name=csrf_token]):not([name=form_key])");
    for (const field of fields) body.append(field.name, field.value);
    const key = keyField(currentForm(form) ?? form);
    if (key?.value) body.append("form_key", key.value);
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Request-Type", "partial");
    request.upload.addEventListener("progress", (at) => {
      if (at.lengthComputable) bar.value = (100 * at.loaded) / at.total;
    });
    request.addEventListener("load", () => {
      if (request.status === 401) signIn();
      else if (request.status >= 400)
        toast(`${file.name}: ${errorMessage(request.responseText, request.status)}`, "danger");
      else if (currentForm(form)) replace(requiredData(form, "upload"), request.responseText);
    });
    request.addEventListener("error", () =>
      toast(`${file.name} did not arrive: the server cannot be reached. Try again in a moment.`, "danger"),
    );
    request.addEventListener("loadend", () => {
      line.remove();
      done();
    });
    request.send(body);
  });
}

/**
 * @param {string} selector
 * @param {string} html
 */
function replace(selector, html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  const fresh = parsed.content.querySelector(selector);
  const old = document.querySelector(selector);
  if (!fresh || !old) return;
  old.replaceWith(fresh);
  htmx.process(fresh);
}
