/* camera.js - pictures from a camera, one at a time. */

const FRAME_TYPE = "image/jpeg", FRAME_QUALITY = 0.85;

class Camera {
  constructor(video) {
    this.video = video;
    this.stream = null;
    this.facing = "environment";
    /* Two: one is shown while the other is filled. */
    this.frames = [document.createElement("canvas"),
      document.createElement("canvas")];
  }

  get isOn() {
    return this.stream !== null;
  }

  /* Throws an Error that says why there is no picture. */
  async start() {
    if (!window.isSecureContext)
      throw new Error(say("Browsers lend the camera only to https " +
        "or to http://localhost."));
    if (!navigator.mediaDevices)
      throw new Error(say("The browser has no camera to lend."));
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: false,
        video: { facingMode: this.facing, width: { ideal: 1280 } } });
    } catch (error) {
      throw new Error(reasonOf(error));
    }
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  stop() {
    for (const track of this.stream ? this.stream.getTracks() : [])
      track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  /* Which one the next start asks for. */
  turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
  }

  /* {source, blob, width, height}: a canvas that stays as it is until the
   * call after the next one, and its JPEG. */
  async take() {
    const source = this.frames.reverse()[0];
    const width = source.width = this.video.videoWidth;
    const height = source.height = this.video.videoHeight;

    if (width === 0 || !this.stream.active)
      throw new Error(say("The browser has no camera to lend."));
    source.getContext("2d").drawImage(this.video, 0, 0);
    const blob = await new Promise((resolve) =>
      source.toBlob(resolve, FRAME_TYPE, FRAME_QUALITY));
    return { source, blob, width, height };
  }
}

function reasonOf(error) {
  switch (error.name) {
  case "NotAllowedError":
    return say("The camera was not allowed.");
  case "NotReadableError":
    return say("The camera is used by another program.");
  default:
    return say("The browser has no camera to lend.");
  }
}

async function hasSeveralCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((d) => d.kind === "videoinput").length > 1;
}

/* Resolves when somebody looks at the page. */
function pageShown() {
  if (!document.hidden)
    return Promise.resolve();
  return new Promise((resolve) => document.addEventListener(
    "visibilitychange", () => resolve(), { once: true }));
}
