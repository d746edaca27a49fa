/* figures.js - what an answer says, as a list of figures.
 *
 * In: the native JSON. Out: one figure for each person, and one for each head
 * without a person: number, hat ("worn", "not_worn", "unknown", or "plain"
 * when nothing could know about hats), score, reason, points, box. */

const KEYPOINTS = ["nose", "neck", "right_shoulder", "right_elbow",
  "right_wrist", "left_shoulder", "left_elbow", "left_wrist", "right_hip",
  "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
  "right_eye", "left_eye", "right_ear", "left_ear"];

/* Somebody or something looked for hats: without that every state is unknown
 * and not worth a word. */
function knowsHats(answer) {
  return answer.heads !== undefined || answer.hats.length > 0 ||
    answer.people.some((p) => p.hat.state !== "unknown" ||
      p.hat.reason !== "no_evidence");
}

function figuresOf(answer) {
  const asked = knowsHats(answer);
  const figures = answer.people.map((person) => ({
    number: String(person.index),
    hat: asked ? person.hat.state : "plain",
    score: person.hat.score,
    reason: person.hat.reason,
    points: KEYPOINTS.map((name) => person.keypoints[name]),
    box: person.box,
  }));
  for (const head of answer.heads || [])
    if (head.person === null)
      figures.push({ number: "–", hat: head.hat.state, score: head.hat.score,
        reason: head.hat.reason, points: null, box: head.box });
  return figures;
}

function countFound(figure, threshold) {
  return figure.points.filter((p) => isFound(p, threshold)).length;
}

function isFound(point, threshold) {
  return point !== null && point[2] >= threshold;
}

/* The worst that is known of anybody; colours the headline. */
function worstHat(figures) {
  for (const hat of ["not_worn", "unknown", "worn", "plain"])
    if (figures.some((figure) => figure.hat === hat))
      return hat;
  return "";
}

function summarise(figures) {
  const count = figures.length;
  const with_ = (hat) => figures.filter((f) => f.hat === hat).length;
  const bare = with_("not_worn"), unknown = with_("unknown");

  if (count === 0)
    return say("nobody found");
  if (with_("plain") === count)
    return count === 1 ? say("1 person") : say("{count} people", { count });
  if (with_("worn") === count)
    return count === 1 ? say("wears a hat")
      : say("all {count} wear a hat", { count });
  if (unknown === count && count > 1)
    return say("{count} people, hats unknown", { count });
  return say("{bare} of {count} without a hat", { bare, count }) +
    (unknown ? say(", {unknown} unknown", { unknown }) : "");
}

const STATE_WORDS = { worn: "hat", not_worn: "no hat", unknown: "unknown" };

/* For the list. */
function stateWord(figure) {
  return say(STATE_WORDS[figure.hat] || (figure.points ? "person" : "head"));
}

/* For the picture. */
function tagText(figure) {
  if (figure.hat === "plain")
    return figure.number;
  return `${figure.number} ${say(figure.hat === "unknown" ? "hat?"
    : STATE_WORDS[figure.hat])}`;
}
