/* service.js - requests to the service that this page came from. */

const ATTEMPTS = 6; /* of a busy service */
const WAIT_MOST_S = 10;
const KEY_NAME = "hatpose-key"; /* kept until the tab is closed */

/* An answer that is no result. `status` 0: nobody answered. */
class ServiceError extends Error {
  constructor(status, message, waitSeconds = 0) {
    super(message);
    this.status = status;
    this.waitSeconds = waitSeconds;
  }
}

function keyHeaders() {
  const key = sessionStorage.getItem(KEY_NAME);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/* Browsers know no type of some pictures; the service looks for itself. */
function mediaType(picture) {
  return picture.type.startsWith("image/") ? picture.type : "image/unknown";
}

/* hats: boxes, or null when nobody looked for any. */
function detectBody(picture, hats) {
  if (hats === null)
    return { body: picture,
      headers: { "Content-Type": mediaType(picture) } };
  const form = new FormData();
  form.append("image", picture, "picture");
  form.append("hats", JSON.stringify(hats));
  return { body: form, headers: {} };
}

async function errorOf(response) {
  const text = await response.text();
  let message = say("The service answered {status}.",
    { status: response.status });

  try {
    message = JSON.parse(text).error.message || message;
  } catch {
    /* Something between us and the service answered. */
  }
  return new ServiceError(response.status, message,
    Number(response.headers.get("Retry-After")) || 1);
}

/* {answer, text, tripMs}; throws ServiceError, or AbortError by `signal`. */
async function askOnce(picture, hats, signal) {
  const { body, headers } = detectBody(picture, hats);
  const start = performance.now();
  let response;

  try {
    response = await fetch("v1/hats?timings=1", { method: "POST", body, signal,
      headers: { ...headers, ...keyHeaders() } });
  } catch (error) {
    if (error.name === "AbortError")
      throw error;
    throw new ServiceError(0, say("The service does not answer."));
  }
  if (!response.ok)
    throw await errorOf(response);
  const text = await response.text();
  return { answer: JSON.parse(text), text, tripMs: performance.now() - start };
}

function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("", "AbortError"));
    });
  });
}

/* As askOnce, but a busy service is asked again when it says so; onWait hears
 * of each wait. */
async function ask(picture, hats, signal, onWait) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(picture, hats, signal);
    } catch (error) {
      if (error.status !== 503)
        throw error;
      if (attempt === ATTEMPTS)
        throw new ServiceError(503,
          say("The service is busy. Try again later."));
      const seconds = Math.min(error.waitSeconds, WAIT_MOST_S);
      onWait(say("busy, trying again in {seconds} s " +
        "({attempt} of {attempts})",
        { seconds, attempt, attempts: ATTEMPTS - 1 }));
      await sleep(seconds, signal);
    }
  }
}

/* What computes: one line for the foot of the page, or "". */
async function describeModel() {
  const response = await fetch("version", { headers: keyHeaders() });
  if (!response.ok)
    return "";
  const { version, model } = await response.json();
  const known = [`hatpose ${version}`, model.name, model.license];
  return `${known.filter((text) => text !== "").join(", ")}.`;
}

/* For a terminal; single quotes keep every other letter from the shell. */
function curlCommand(fileName, picture, hats) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const key = sessionStorage.getItem(KEY_NAME)
    ? ` -H "Authorization: Bearer $HATPOSE_KEY"` : "";
  const url = quote(new URL("v1/hats", location.href).href);

  if (hats === null)
    return `curl ${url}${key} -H 'Content-Type: ${mediaType(picture)}' ` +
      `--data-binary ${quote("@" + fileName)}`;
  return `curl ${url}${key} -F ${quote("image=@" + fileName)} ` +
    `-F ${quote("hats=" + JSON.stringify(hats))}`;
}
