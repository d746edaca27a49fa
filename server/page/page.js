/* page.js - what the reader does, and what is shown for it.
 *
 * `shown` is the one thing that everything is drawn from: a picture with its
 * answer. A newer picture replaces it and calls off the request of the older
 * one. */

const part = (id) => document.getElementById(id);

/* Types that the service reads; others are made JPEG here. */
const SERVICE_TYPES = ["image/jpeg", "image/png", "image/bmp", "image/gif"];
const REACH_PX = 14; /* of the pointer around a limb, on the screen */
const TEXT_PX = 13;
const NOTICE_MS = 2500;
const HAT_LEAST_PX = 4; /* on the screen; less is a click */
const STAGES = [["decode_us", "decode"], ["prepare_us", "prepare"],
  ["network_us", "network"], ["decode_people_us", "people"],
  ["match_us", "hats"]];

const canvas = part("canvas");
const camera = new Camera(part("video"));

let shown = null; /* {name, blob, source, width, height, answer, text, ...} */
let hats = null; /* boxes that the reader marked; null: none */
let chosen = null; /* a figure of shown */
let drag = null; /* the corner where a hat was begun, and its other one */
let isMarking = false;
let request = new AbortController();
let noticeTimer = 0;

/* ---- Notices ------------------------------------------------------------- */

function notice(text, isLasting = false) {
  clearTimeout(noticeTimer);
  part("notice").textContent = text;
  part("notice").hidden = text === "";
  if (text !== "" && !isLasting)
    noticeTimer = setTimeout(() => notice(""), NOTICE_MS);
}

function working(text) {
  part("working-text").textContent = text;
  part("working").hidden = text === "";
}

function showSummary(text, hat) {
  part("summary").textContent = text;
  part("summary").dataset.hat = hat;
}

/* ---- Drawing ------------------------------------------------------------- */

function viewAt(scale, dotsPerPx, textPx) {
  return {
    scale, dotsPerPx, textPx,
    threshold: part("threshold").valueAsNumber,
    joints: part("joints").checked,
    boxes: part("boxes").checked,
    blur: part("blur").checked,
    chosen: null,
  };
}

function sceneOf(picture) {
  return { ...picture, figures: picture.figures || [],
    hats: picture.answer ? picture.answer.hats : [] };
}

/* As large as there is room, but small pictures at most doubled. */
function fitCanvas() {
  const room = part("stage").clientWidth;
  const height = Math.max(window.innerHeight * 0.76, 240);
  const fit = Math.min(room / shown.width, height / shown.height, 2);
  const dots = window.devicePixelRatio || 1;

  canvas.style.width = `${Math.round(shown.width * fit)}px`;
  canvas.style.height = `${Math.round(shown.height * fit)}px`;
  canvas.width = Math.round(shown.width * fit * dots);
  canvas.height = Math.round(shown.height * fit * dots);
  return { scale: fit * dots, dots };
}

function draw() {
  if (shown === null)
    return;
  const { scale, dots } = fitCanvas();
  const view = viewAt(scale, dots, TEXT_PX * dots / scale);

  view.chosen = chosen;
  drawScene(canvas, sceneOf(shown), view);
  if (drag)
    drawOutline({ ctx: canvas.getContext("2d"), leastRadius: dots / scale,
      shortSide: 0 }, boxOfDrag(), STYLES.worn);
}

/* ---- The list ------------------------------------------------------------ */

function cell(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

function rowOf(figure) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  const isPlain = figure.hat === "plain";

  row.dataset.hat = figure.hat;
  button.type = "button";
  button.append(cell("number", figure.number), cell("state", stateWord(figure)),
    cell("score", isPlain ? "" : `${Math.round(100 * figure.score)} %`),
    cell("reason", isPlain ? "" : say(figure.reason.replaceAll("_", " "))));
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("focus", () => choose(figure));
  button.addEventListener("pointerenter", () => choose(figure));
  row.append(button);
  return row;
}

function rowsOf() {
  return [...part("people").querySelectorAll("button")];
}

function choose(figure) {
  if (figure === chosen)
    return;
  chosen = figure;
  rowsOf().forEach((button, index) => {
    const isChosen = shown.figures[index] === figure;
    button.setAttribute("aria-pressed", String(isChosen));
    if (isChosen)
      button.scrollIntoView({ block: "nearest" });
  });
  draw();
}

function showJointCounts() {
  const threshold = part("threshold").valueAsNumber;

  part("threshold-value").textContent = threshold.toFixed(2);
  rowsOf().forEach((button, index) => {
    const figure = shown.figures[index];
    if (figure.hat === "plain" && figure.points)
      button.querySelector(".reason").textContent = say("{count} joints",
        { count: countFound(figure, threshold) });
  });
}

function showTimes({ answer, tripMs, rate }) {
  const bar = document.createElement("div");
  const list = document.createElement("ul");
  const times = answer.timings;

  bar.className = "bar";
  for (const [stage, name] of times ? STAGES : []) {
    const slice = document.createElement("span");
    const item = document.createElement("li");
    slice.dataset.stage = item.dataset.stage = stage;
    slice.style.flexGrow = String(times[stage]);
    item.textContent = `${say(name)} ${(times[stage] / 1000).toFixed(1)} ms`;
    bar.append(slice);
    list.append(item);
  }
  const total = document.createElement("li");
  total.className = "total";
  total.textContent = say("{ms} ms in the service, {trip} ms in all",
    { ms: times ? (times.total_us / 1000).toFixed(1) : "–",
      trip: tripMs.toFixed(0) });
  if (rate)
    total.textContent += `, ${say("{rate} pictures/s",
      { rate: rate.toFixed(1) })}`;
  list.append(total);
  part("times").replaceChildren(bar, list);
}

/* ---- Showing an answer --------------------------------------------------- */

function showPicture(picture) {
  shown = picture;
  chosen = null;
  document.body.dataset.state = "shown";
  draw();
}

function closePicture() {
  shown = null;
  document.body.dataset.state = "empty";
}

function showHint() {
  const isBlind = shown.figures.length > 0 &&
    shown.figures.every((figure) => figure.hat === "plain");

  part("hint").textContent = isMarking
    ? say("Drag a box around each hat in the picture.")
    : say("This model sees no hats itself: mark them in the picture " +
        "to ask who wears one.");
  part("hint").hidden = !isMarking && !isBlind;
}

function showAnswer(picture, reply) {
  const number = chosen ? chosen.number : null; /* kept from frame to frame */

  Object.assign(picture, reply, { figures: figuresOf(reply.answer),
    width: reply.answer.width, height: reply.answer.height });
  showPicture(picture);
  part("people").replaceChildren(...picture.figures.map(rowOf));
  if (number !== null)
    choose(picture.figures.find((f) => f.number === number) || null);
  showSummary(summarise(picture.figures), worstHat(picture.figures));
  showJointCounts();
  showTimes(picture);
  showHint();
  part("answer").hidden = false;
}

function showFailure(error) {
  working("");
  if (error.name === "AbortError")
    return;
  notice(error.message, true);
  if (error.status === 401) {
    part("key-form").hidden = false;
    part("key").focus();
  }
}

/* Calls off what is under way; a signal for what comes instead. */
function begin() {
  request.abort();
  request = new AbortController();
  notice("");
  return request.signal;
}

async function askAbout(picture) {
  const signal = begin();

  working(say("looking ..."));
  try {
    const reply = await ask(picture.blob, hats, signal, working);
    showAnswer(picture, reply);
    working("");
  } catch (error) {
    /* What neither of us can read is not worth a grey box. */
    if (error.name !== "AbortError" && !picture.source && !picture.answer)
      closePicture();
    showFailure(error);
  }
}

/* ---- Photos -------------------------------------------------------------- */

function canvasOf(source) {
  const copy = document.createElement("canvas");

  copy.width = source.width;
  copy.height = source.height;
  copy.getContext("2d").drawImage(source, 0, 0);
  return copy;
}

function blobOf(source, type, quality) {
  return new Promise((resolve) => source.toBlob(resolve, type, quality));
}

/* What this browser cannot show the service may still read, and the other way
 * round. */
async function open(file) {
  stopCamera();
  setMarking(false);
  hats = null;
  part("clear-button").hidden = true;
  part("answer").hidden = true;
  showSummary("", "");
  begin();
  const source = await createImageBitmap(file).catch(() => null);
  let blob = file;

  if (source && !SERVICE_TYPES.includes(file.type))
    blob = await blobOf(canvasOf(source), "image/jpeg", 0.92);
  const picture = { name: file.name || "picture", blob, source,
    width: source ? source.width : 640, height: source ? source.height : 480 };
  showPicture(picture);
  await askAbout(picture);
}

function openFirst(files) {
  const file = [...files].find((f) => f.type.startsWith("image/")) || files[0];

  if (file)
    open(file);
}

async function save() {
  const copy = document.createElement("canvas");
  const link = document.createElement("a");
  const shortSide = Math.min(shown.width, shown.height);

  copy.width = shown.width;
  copy.height = shown.height;
  const view = viewAt(1, 1, Math.max(TEXT_PX, shortSide / 38));
  drawScene(copy, sceneOf(shown), view);
  link.href = URL.createObjectURL(await blobOf(copy, "image/jpeg", 0.92));
  link.download = `${shown.name.replace(/\.\w+$/, "")}-hatpose.jpg`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/* Browsers lend the clipboard only to pages of https or localhost. */
async function copyText(text) {
  let isCopied = false;

  if (navigator.clipboard) {
    isCopied = await navigator.clipboard.writeText(text)
      .then(() => true, () => false);
  } else {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    isCopied = document.execCommand("copy");
    area.remove();
  }
  notice(isCopied ? say("copied") : say("The browser did not copy."));
}

/* ---- The camera ---------------------------------------------------------- */

function showCameraState() {
  part("camera-button").textContent = camera.isOn
    ? say("Stop the camera") : say("Use the camera");
  part("turn-button").hidden = true;
  if (camera.isOn)
    hasSeveralCameras().then((several) => {
      part("turn-button").hidden = !several || !camera.isOn;
    });
}

function stopCamera() {
  if (!camera.isOn)
    return;
  request.abort();
  camera.stop();
  working("");
  showCameraState();
}

/* One request in flight: the next frame is taken when the answer is shown. */
async function watch() {
  const signal = begin();
  let last = performance.now(), rate = 0;

  while (camera.isOn && !signal.aborted) {
    await pageShown();
    const frame = await camera.take();
    if (signal.aborted)
      return;
    const reply = await ask(frame.blob, null, signal, working);
    const now = performance.now();
    const current = 1000 / (now - last);

    rate = rate === 0 ? current : 0.8 * rate + 0.2 * current;
    last = now;
    working("");
    showAnswer({ name: "camera", ...frame, rate }, { ...reply, rate });
  }
}

async function toggleCamera() {
  if (camera.isOn) {
    stopCamera();
    return;
  }
  setMarking(false);
  hats = null;
  part("clear-button").hidden = true;
  try {
    await camera.start();
    showCameraState();
    await watch();
  } catch (error) {
    if (error.name !== "AbortError")
      stopCamera();
    showFailure(error);
  }
}

function turnCamera() {
  stopCamera();
  camera.turn();
  toggleCamera();
}

/* ---- Marking hats -------------------------------------------------------- */

function setMarking(on) {
  isMarking = on;
  drag = null;
  canvas.classList.toggle("marking", on);
  part("mark-button").setAttribute("aria-pressed", String(on));
  if (shown && shown.figures)
    showHint();
}

function toggleMarking() {
  if (camera.isOn)
    stopCamera();
  setMarking(!isMarking);
}

function photoPoint(event) {
  const frame = canvas.getBoundingClientRect();

  return [(event.clientX - frame.left) * shown.width / frame.width - 0.5,
    (event.clientY - frame.top) * shown.height / frame.height - 0.5];
}

function boxOfDrag() {
  const [[x0, y0], [x1, y1]] = drag;
  const round = (value) => Math.round(10 * value) / 10;

  return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0),
    Math.abs(y1 - y0)].map(round);
}

function endDrag() {
  const [left, top, width, height] = boxOfDrag();
  const least = HAT_LEAST_PX * shown.width / canvas.clientWidth;

  drag = null;
  draw();
  if (width < least || height < least)
    return;
  hats = [...(hats || []), { left, top, width, height }];
  part("clear-button").hidden = false;
  askAbout(shown);
}

function clearHats() {
  hats = null;
  part("clear-button").hidden = true;
  askAbout(shown);
}

/* ---- What the reader does ------------------------------------------------ */

const actions = {
  choose: () => part("file").click(),
  camera: toggleCamera,
  turn: turnCamera,
  mark: toggleMarking,
  clear: clearHats,
  save,
  json: () => copyText(shown.text),
  curl: () => copyText(curlCommand(shown.name, shown.blob, hats)),
};

function press(id) {
  part(id).click();
}

const shortcuts = {
  o: actions.choose,
  c: actions.camera,
  j: () => press("joints"),
  b: () => press("boxes"),
  h: () => press("blur"),
  m: () => shown && actions.mark(),
  s: () => shown && actions.save(),
  ArrowDown: () => moveChoice(1),
  ArrowUp: () => moveChoice(-1),
  Escape: () => isMarking ? setMarking(false) : shown && choose(null),
};

function moveChoice(step) {
  const rows = rowsOf();
  const index = shown && chosen ? shown.figures.indexOf(chosen) + step
    : step > 0 ? 0 : rows.length - 1;

  if (rows[index])
    rows[index].focus();
}

function onKey(event) {
  const isTyping = event.target.matches("input:not([type=checkbox])");

  if (isTyping || event.ctrlKey || event.metaKey || event.altKey ||
      !(event.key in shortcuts))
    return;
  if (event.key.startsWith("Arrow"))
    event.preventDefault();
  shortcuts[event.key]();
}

function onPointerMove(event) {
  if (shown === null)
    return;
  if (drag) {
    drag[1] = photoPoint(event);
    draw();
  } else if (shown.figures && !isMarking) {
    choose(figureAt(shown.figures, photoPoint(event),
      part("threshold").valueAsNumber,
      REACH_PX * shown.width / canvas.clientWidth));
  }
}

function listenToPointer() {
  canvas.addEventListener("pointermove", onPointerMove);
  canvas.addEventListener("pointerdown", (event) => {
    if (!isMarking) {
      onPointerMove(event);
      return;
    }
    canvas.setPointerCapture(event.pointerId);
    drag = [photoPoint(event), photoPoint(event)];
  });
  canvas.addEventListener("pointerup", () => drag && endDrag());
  canvas.addEventListener("pointercancel", () => {
    drag = null;
    draw();
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (shown && shown.figures && event.pointerType === "mouse")
      choose(null);
  });
  part("people").addEventListener("pointerleave", () => choose(null));
}

function listenToFiles() {
  part("file").addEventListener("change", () => {
    openFirst(part("file").files);
    part("file").value = "";
  });
  document.addEventListener("paste", (event) =>
    openFirst(event.clipboardData.files));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null)
      document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    openFirst(event.dataTransfer.files);
  });
}

function listenToSwitches() {
  for (const id of ["joints", "boxes", "blur"])
    part(id).addEventListener("change", () => {
      part("blur-warning").hidden = !part("blur").checked;
      draw();
    });
  part("threshold").addEventListener("input", () => {
    showJointCounts();
    draw();
  });
  part("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY_NAME, part("key").value);
    part("key-form").hidden = true;
    showModel();
    if (shown)
      askAbout(shown);
  });
}

async function showModel() {
  part("model").textContent = await describeModel().catch(() => "");
}

function start() {
  translatePage();
  for (const button of document.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => actions[button.dataset.do]());
  document.addEventListener("keydown", onKey);
  listenToPointer();
  listenToFiles();
  listenToSwitches();
  new ResizeObserver(draw).observe(part("stage"));
  showModel();
}

start();
