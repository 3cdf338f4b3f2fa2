// Calls to the interface: JSON in and out, the session's own rights, refusals as one kind of error.

export class Refused extends Error {
  /** `status` 0: no answer came. `detail` is for the reader, `errors` (field → reasons) for a form, null without; `after`: Retry-After, in seconds. */
  constructor(status, detail, errors = null, after = 0) {
    super(detail);
    this.after = after;
    this.errors = errors;
    this.status = status;
    this.detail = detail;
  }
}

/** With TLS the cookie is bound to this very host by its name, and no other counts. */
const token = () => ["__Host-csrftoken", "csrftoken"].map((name) => document.cookie.match(`(?:^|; )${name}=([^;]+)`)?.[1]).find(Boolean) ?? "";

/** The decoded answer, or null when it has no body; a file is sent as it is, all else as JSON. Throws Refused. */
export async function call(method, path, body, { signal } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  const file = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, { method, headers, body: file ? body : JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "");
  }
  const text = await answer.text();
  if (answer.ok) return text === "" ? null : JSON.parse(text);
  const problem = answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : {};
  throw new Refused(answer.status, problemDetail(problem), problem.errors ?? null, Number(answer.headers.get("Retry-After")) || 0);
}

/** What is wrong with fields says more than that something is: the reasons, where there are any. */
function problemDetail({ detail, errors }) {
  const fields = errors
    ? Object.values(errors)
        .flat()
        .filter((reason) => typeof reason === "string")
    : [];
  return fields.join(" ") || detail || "";
}
