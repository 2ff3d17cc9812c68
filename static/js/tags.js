// Suggests tags while one types them: in boxes of tags with commas between, and after "#" in the new line of a column.
// GET /tags/suggestions answers the most used tags; asked for once per page.

const MOST_SHOWN = 8;
/** @type {Promise<string[]> | undefined} */
let asked;

const allTags = () => {
  asked ??= fetch("/tags/suggestions", { headers: { Accept: "application/json" } })
    .then((response) => (response.ok ? response.json() : []))
    .catch(() => {
      asked = undefined; // the next key asks again
      return [];
    });
  return asked;
};

/**
 * The text before the tag that is being typed, and its beginning; null where no tag is.
 * @param {HTMLInputElement} box
 */
function beginning(box) {
  const pattern =
    box.name === "tags" ? /^(?<before>(?:.*,)?\s*#?)(?<typed>[^,]*)$/ : /^(?<before>.*(?:^|\s)#)(?<typed>[\w-]*)$/;
  return pattern.exec(box.value)?.groups ?? null;
}

/** @param {HTMLInputElement} box */
async function suggest(box) {
  const tags = await allTags();
  let list = document.getElementById("tag-suggestions");
  if (!list) {
    list = document.createElement("datalist");
    list.id = "tag-suggestions";
    document.body.append(list);
  }
  box.setAttribute("list", list.id);
  const found = beginning(box);
  const typed = found?.typed?.toLowerCase() ?? "";
  const present = box.value.toLowerCase().split(/[,\s]+#?/);
  const fitting = found ? tags.filter((tag) => tag.startsWith(typed) && tag !== typed && !present.includes(tag)) : [];
  list.replaceChildren(
    ...fitting.slice(0, MOST_SHOWN).map((tag) => {
      const option = document.createElement("option");
      option.value = `${found?.before}${tag}`;
      option.label = tag;
      return option;
    }),
  );
}

for (const name of ["focusin", "input"])
  document.addEventListener(name, (event) => {
    const box = event.target;
    if (
      box instanceof HTMLInputElement &&
      box.matches('input[name="tags"]:not([type=checkbox]), .quick-add input[name="text"]')
    )
      suggest(box);
  });
