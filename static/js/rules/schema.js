// What a node of the schema asks for. Pure: no page, no words.

/** The definition behind a reference, with its name as `title`. */
export function resolve(schema, node) {
  return node.$ref ? schema.$defs[node.$ref.split("/").at(-1)] : node;
}

/**
 * {shape, node, optional, options}: `shape` is one of object, pairs, list, flags, tokens, choice, variants, yesno, number, text.
 * `optional`: nothing is a value too. Of variants, `options` are the alternatives: a word, a definition, or a number.
 */
export function read(schema, given) {
  const options = (given.anyOf ?? [given]).map((option) => resolve(schema, option));
  const optional = options.some(({ type }) => type === "null");
  const kinds = options.filter(({ type }) => type !== "null");
  if (kinds.length > 1) return { shape: "variants", node: given, optional, options: kinds };
  const [node] = kinds;
  return { shape: shapeOf(schema, node), node, optional, options: kinds };
}

function shapeOf(schema, node) {
  if (node.enum) return "choice";
  if (node.type === "object") return node.properties ? "object" : "pairs";
  if (node.type === "array") {
    const item = resolve(schema, node.items);
    if (item.enum) return "flags";
    return item.type === "object" ? "list" : "tokens";
  }
  if (node.type === "boolean") return "yesno";
  return node.type === "number" || node.type === "integer" ? "number" : "text";
}

/** ["limits", 0, "limit"] of "limits[0].limit". */
export function steps(path) {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => (index === undefined ? name : Number(index)));
}

/** Whether there is nothing in it to send. */
export function empty(value) {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** [number, unit] of seconds, in the largest unit that leaves a whole number. */
export function inUnits(seconds) {
  const unit = [86_400, 3600, 60].find((each) => seconds >= each && seconds % each === 0) ?? 1;
  return [seconds / unit, unit];
}

/** A name fit for an address: "Armoire hors tension" → "armoire-hors-tension". */
export function slugOf(name) {
  const plain = name
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
}

/** What an attribute written as text means: true, 12.5, or the text. */
export function meant(text) {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && /^-?\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(",", ".")) : text;
}
