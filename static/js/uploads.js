// Files with progress: form[data-upload] posts each chosen file by XMLHttpRequest, since fetch does not tell how much has gone out.
// The answer takes the place of the element that data-upload names.
import htmx from "htmx.org";
import { sentence, signIn } from "./requests.js";
import { toast } from "./toasts.js";

document.addEventListener("change", async (event) => {
  const input = event.target;
  const form = input.matches?.('input[type="file"]') ? input.closest("form[data-upload]") : null;
  if (!form || !input.files.length) return;
  const files = [...input.files];
  input.value = "";
  for (const file of files) await send(form, input.name, file); // one after the other: the list comes back whole each time
});

/** The form as it is on the page now: its list comes back whole, and another task may be open meanwhile. */
const present = (form) =>
  document.querySelector(`form[data-upload][action="${CSS.escape(form.getAttribute("action"))}"]`);

function send(form, name, file) {
  const line = document.createElement("div");
  line.className = "upload-line";
  line.innerHTML = '<span class="cut"></span><progress class="meter meter-calm" max="100" value="0"></progress>';
  line.querySelector("span").textContent = file.name;
  const bar = line.querySelector("progress");
  bar.setAttribute("aria-label", `Uploading ${file.name}`);
  present(form)?.querySelector(".uploads").append(line);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append(name, file);
    const fields = form.querySelectorAll("input[name]:not([type=file]):not([name=csrf_token]):not([name=form_key])");
    for (const field of fields) body.append(field.name, field.value);
    const key = (present(form) ?? form).elements.namedItem("form_key")?.value;
    if (key) body.append("form_key", key);
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", document.querySelector('meta[name="csrf-token"]').content);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("HX-Request-Type", "partial");
    request.upload.addEventListener("progress", (at) => {
      if (at.lengthComputable) bar.value = (100 * at.loaded) / at.total;
    });
    request.addEventListener("load", () => {
      if (request.status === 401) signIn();
      else if (request.status >= 400)
        toast(`${file.name}: ${sentence(request.responseText, request.status)}`, "danger");
      else if (present(form)) replace(form.dataset.upload, request.responseText);
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

function replace(selector, html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  const fresh = parsed.content.querySelector(selector);
  const old = document.querySelector(selector);
  if (!fresh || !old) return;
  old.replaceWith(fresh);
  htmx.process(fresh);
}
