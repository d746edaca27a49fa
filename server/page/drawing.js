/* drawing.js - people, hats and tags on a canvas.
 *
 * Looks as src/result/draw.c has it: worn blue, not worn orange and thick,
 * unknown grey and dashed; left limbs light, right ones dark; all on a dark
 * rim. Unlike there, lines and letters keep their size on the screen when a
 * large photo is shown small. Lengths are pixels of the photo. */

/* Completed joints of less are guesses (docs/algorithm.md, "People"). */
const SCORE_MIN = 0.1;

const NOSE = 0, NECK = 1, R_SHOULDER = 2, L_SHOULDER = 5, R_EYE = 14,
  L_EYE = 15, R_EAR = 16, L_EAR = 17;
const HEAD = [NOSE, R_EYE, L_EYE, R_EAR, L_EAR];

const LIMBS = [
  [NECK, R_SHOULDER, "right"], [R_SHOULDER, 3, "right"], [3, 4, "right"],
  [NECK, 8, "right"], [8, 9, "right"], [9, 10, "right"],
  [NECK, L_SHOULDER, "left"], [L_SHOULDER, 6, "left"], [6, 7, "left"],
  [NECK, 11, "left"], [11, 12, "left"], [12, 13, "left"],
  [NECK, NOSE, "middle"], [NOSE, R_EYE, "middle"], [R_EYE, R_EAR, "middle"],
  [NOSE, L_EYE, "middle"], [L_EYE, L_EAR, "middle"],
];

const STYLES = {
  worn: { right: "#1456d6", left: "#7cc4ff", middle: "#408cff",
    tag: "#1456d6", text: "#fff", thickness: 1, dashed: false },
  not_worn: { right: "#e25c00", left: "#ffba5c", middle: "#ff8a14",
    tag: "#ff8a14", text: "#101010", thickness: 1.6, dashed: false },
  unknown: { right: "#9c9c9c", left: "#e8e8e8", middle: "#c4c4c4",
    tag: "#c4c4c4", text: "#101010", thickness: 1, dashed: true },
  plain: { right: "#009696", left: "#78f5d7", middle: "#ffd646",
    tag: "#00686e", text: "#fff", thickness: 1, dashed: false },
};

const RIM = "rgb(16 16 16 / .7)";
const FADED = 0.22; /* of the others while one figure is chosen */

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function sideOf(joint) {
  if (joint === NOSE || joint === NECK)
    return "middle";
  if (joint >= R_EYE)
    return joint % 2 === 0 ? "right" : "left";
  return joint < L_SHOULDER || (joint >= 8 && joint <= 10) ? "right" : "left";
}

/* [left, top, width, height] around the joints that are shown, or null. */
function boxOfJoints(figure, threshold) {
  const shown = figure.points.filter((p) => isFound(p, threshold));
  if (shown.length === 0)
    return null;
  const x = shown.map((p) => p[0]), y = shown.map((p) => p[1]);
  const left = Math.min(...x), top = Math.min(...y);
  return [left, top, Math.max(...x) - left, Math.max(...y) - top];
}

/* Half the height of a head from whatever pairs of joints there are; the
 * factors are those of draw.c: too much is hidden rather than too little. */
function headRadius(points) {
  const gap = (a, b) => isFound(points[a], SCORE_MIN) &&
    isFound(points[b], SCORE_MIN) ? distance(points[a], points[b]) : 0;

  return Math.max(0.9 * gap(R_EAR, L_EAR), 1.8 * gap(R_EYE, L_EYE),
    1.6 * gap(R_EYE, R_EAR), 1.6 * gap(L_EYE, L_EAR),
    0.9 * gap(NOSE, NECK), 0.4 * gap(R_SHOULDER, L_SHOULDER));
}

function headBox(figure) {
  if (figure.points === null)
    return figure.box;
  const body = boxOfJoints(figure, SCORE_MIN);
  if (body === null)
    return null;
  const radius = headRadius(figure.points) || Math.max(body[2], body[3]) / 8;
  const seen = HEAD.map((joint) => figure.points[joint])
    .filter((p) => isFound(p, SCORE_MIN));
  const neck = figure.points[NECK];
  let x, y;

  if (seen.length > 0) {
    x = seen.reduce((sum, p) => sum + p[0], 0) / seen.length;
    y = seen.reduce((sum, p) => sum + p[1], 0) / seen.length;
  } else if (isFound(neck, SCORE_MIN)) {
    x = neck[0];
    y = neck[1] - 1.3 * radius;
  } else {
    return null;
  }
  return [x - radius, y - radius, 2 * radius, 2 * radius];
}

/* Five cells across, each of one colour. */
function pixelate(ctx, scene, box) {
  const cells = document.createElement("canvas");
  const [left, top, width, height] = box;
  const part = scene.source.width / scene.width;

  cells.width = cells.height = 5;
  cells.getContext("2d").drawImage(scene.source, left * part, top * part,
    width * part, height * part, 0, 0, 5, 5);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(cells, left, top, width, height);
  ctx.imageSmoothingEnabled = true;
}

function strokeLimbs(pen, figure, style, radius, rim) {
  const { ctx, threshold } = pen;

  ctx.lineWidth = 2 * radius;
  ctx.lineCap = style.dashed && !rim ? "butt" : "round";
  ctx.setLineDash(style.dashed && !rim ? [3 * radius, 3 * radius] : []);
  for (const [a, b, side] of LIMBS) {
    const from = figure.points[a], to = figure.points[b];
    if (!isFound(from, threshold) || !isFound(to, threshold))
      continue;
    ctx.strokeStyle = rim ? RIM : style[side];
    ctx.beginPath();
    ctx.moveTo(from[0], from[1]);
    ctx.lineTo(to[0], to[1]);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

function fillJoints(pen, figure, style, radius, rim) {
  const { ctx, threshold } = pen;

  figure.points.forEach((point, joint) => {
    if (!isFound(point, threshold))
      return;
    ctx.fillStyle = rim ? RIM : style[sideOf(joint)];
    ctx.beginPath();
    ctx.arc(point[0], point[1], radius, 0, 2 * Math.PI);
    ctx.fill();
  });
}

/* Of a line: a part of the photo's shorter side, less on small people. */
function lineRadius(pen, box, style) {
  const radius = Math.min(pen.shortSide / 320, Math.max(box[2], box[3]) / 60);

  return Math.max(radius, pen.leastRadius) * style.thickness;
}

function drawSkeleton(pen, figure, style) {
  const box = boxOfJoints(figure, pen.threshold);
  if (box === null)
    return;
  const radius = lineRadius(pen, box, style);
  const rim = Math.max(pen.leastRadius, radius * 0.4);

  strokeLimbs(pen, figure, style, radius + rim, true);
  fillJoints(pen, figure, style, radius * 1.5 + rim, true);
  strokeLimbs(pen, figure, style, radius, false);
  fillJoints(pen, figure, style, radius * 1.5, false);
}

function drawOutline(pen, box, style) {
  const { ctx } = pen;
  const radius = Math.max(pen.shortSide / 480, pen.leastRadius) *
    style.thickness;

  ctx.lineCap = "butt";
  ctx.strokeStyle = RIM;
  ctx.lineWidth = 2 * radius + 2 * pen.leastRadius;
  ctx.strokeRect(...box);
  ctx.strokeStyle = style.middle;
  ctx.lineWidth = 2 * radius;
  ctx.setLineDash(style.dashed ? [4 * radius, 3 * radius] : []);
  ctx.strokeRect(...box);
  ctx.setLineDash([]);
}

function drawTag(pen, figure, style) {
  const { ctx, textPx } = pen;
  const body = figure.points ? boxOfJoints(figure, pen.threshold) : figure.box;
  if (body === null)
    return;
  const head = headBox(figure) || body;
  const text = tagText(figure);

  ctx.font = `600 ${textPx}px system-ui, sans-serif`;
  const width = ctx.measureText(text).width + 0.7 * textPx;
  const height = 1.4 * textPx;
  const x = Math.min(Math.max(head[0] + head[2] / 2 - width / 2, 0),
    pen.width - width);
  const y = Math.max(Math.min(head[1], body[1]) - height - 0.3 * textPx, 0);
  ctx.fillStyle = style.tag;
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, 0.25 * textPx);
  ctx.fill();
  ctx.fillStyle = style.text;
  ctx.textBaseline = "middle";
  ctx.fillText(text, x + 0.35 * textPx, y + 0.54 * height);
}

/* A hat in somebody's hand is one that nobody wears. */
function hatStyle(hat) {
  return hat.person !== null ? STYLES.worn
    : hat.held_by !== null ? STYLES.not_worn : STYLES.unknown;
}

/* `chosen` is a figure or null; the others fade beside it. */
function drawFigures(pen, figures, chosen, switches) {
  const { ctx } = pen;

  /* The surest people come first in an answer, and on top here. */
  for (const figure of [...figures].reverse()) {
    const style = STYLES[figure.hat];
    ctx.globalAlpha = chosen && chosen !== figure ? FADED : 1;
    if (switches.boxes || figure === chosen || figure.points === null)
      drawOutline(pen, figure.box, style);
    if (switches.joints && figure.points)
      drawSkeleton(pen, figure, style);
  }
  for (const figure of [...figures].reverse()) {
    ctx.globalAlpha = chosen && chosen !== figure ? FADED : 1;
    drawTag(pen, figure, STYLES[figure.hat]);
  }
  ctx.globalAlpha = 1;
}

/* scene: source (what drawImage takes, or null), width, height, figures,
 * hats. view: scale (canvas px for a photo px), dotsPerPx, textPx. */
function drawScene(canvas, scene, view) {
  const ctx = canvas.getContext("2d");
  const pen = {
    ctx,
    width: scene.width,
    shortSide: Math.min(scene.width, scene.height),
    leastRadius: 0.75 * view.dotsPerPx / view.scale,
    textPx: view.textPx,
    threshold: view.threshold,
  };

  ctx.setTransform(view.scale, 0, 0, view.scale, 0, 0);
  ctx.fillStyle = "#808080";
  ctx.fillRect(0, 0, scene.width, scene.height);
  if (scene.source) {
    ctx.drawImage(scene.source, 0, 0, scene.width, scene.height);
    if (view.blur)
      for (const figure of scene.figures) {
        const box = headBox(figure);
        if (box)
          pixelate(ctx, scene, box);
      }
  }
  /* (0, 0) is the centre of a pixel in an answer, its corner here. */
  ctx.translate(0.5, 0.5);
  for (const hat of scene.hats)
    drawOutline(pen, hat.box, hatStyle(hat));
  drawFigures(pen, scene.figures, view.chosen, view);
}

function distanceToLine(at, a, b) {
  const dx = b[0] - a[0], dy = b[1] - a[1];
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0
    : ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length2;
  const part = Math.min(Math.max(t, 0), 1);

  return distance(at, [a[0] + part * dx, a[1] + part * dy]);
}

/* The figure at a point of the photo: whose limb is within reach and nearest,
 * else the smallest box around the point, else null. */
function figureAt(figures, at, threshold, reach) {
  let best = null, least = reach;

  for (const figure of figures)
    for (const [a, b] of figure.points ? LIMBS : []) {
      const from = figure.points[a], to = figure.points[b];
      if (!isFound(from, threshold) || !isFound(to, threshold))
        continue;
      const gap = distanceToLine(at, from, to);
      if (gap < least)
        [best, least] = [figure, gap];
    }
  if (best)
    return best;
  const around = figures.filter(({ box: [left, top, width, height] }) =>
    at[0] >= left && at[0] <= left + width &&
    at[1] >= top && at[1] <= top + height);
  around.sort((a, b) => a.box[2] * a.box[3] - b.box[2] * b.box[3]);
  return around[0] || null;
}
