"use strict";

/* words.js - the page's sentences in the reader's language. English sentences
 * are the keys; {name} is filled in. */

const chinese = {
  "Drop a photo here": "把照片拖到这里",
  "or paste one, or": "或粘贴,或",
  "Choose a photo": "选择照片",
  "Use the camera": "使用摄像头",
  "Stop the camera": "关闭摄像头",
  "Other camera": "切换摄像头",
  "This service asks for its key": "此服务需要密钥",
  "Go on": "继续",
  "Drawing": "绘制",
  joints: "关节",
  boxes: "方框",
  "blur heads": "头部打码",
  "joints from score": "关节分数下限",
  "People who were not found are not blurred.": "未检测到的人不会被打码。",
  "Mark hats": "标出安全帽",
  "Clear hats": "清除安全帽",
  "Save picture": "保存图片",
  "Copy JSON": "复制 JSON",
  "Copy curl": "复制 curl",
  "Pictures are not kept.": "图片不会被保存。",
  "API": "接口",
  photo: "照片",
  camera: "摄像头",
  "mark hats": "标出安全帽",
  save: "保存",
  people: "人员",
  "nobody found": "没有找到人",
  "1 person": "1 人",
  "{count} people": "{count} 人",
  "{bare} of {count} without a hat": "{count} 人中 {bare} 人未戴安全帽",
  ", {unknown} unknown": ",{unknown} 人未知",
  "all {count} wear a hat": "{count} 人全部戴安全帽",
  "wears a hat": "戴着安全帽",
  "{count} people, hats unknown": "{count} 人,是否戴帽未知",
  hat: "已戴帽",
  "no hat": "未戴帽",
  "hat?": "未知",
  unknown: "未知",
  person: "人",
  head: "头",
  "hat on head": "头上有帽",
  "head bare": "头上无帽",
  "hat in hand": "帽子在手里",
  "head hidden": "头被遮挡",
  "head too small": "头太小",
  "no evidence": "没有依据",
  "{count} joints": "{count} 个关节",
  "This model sees no hats itself: mark them in the picture to ask who wears one.":
    "此模型不识别安全帽:请在图中标出,即可判断谁戴着。",
  "Drag a box around each hat in the picture.": "在图中拖出每顶安全帽的方框。",
  "looking ...": "正在识别……",
  "busy, trying again in {seconds} s ({attempt} of {attempts})":
    "服务繁忙,{seconds} 秒后重试(第 {attempt}/{attempts} 次)",
  "The service is busy. Try again later.": "服务繁忙,请稍后再试。",
  "The service does not answer.": "服务没有响应。",
  "The service answered {status}.": "服务返回 {status}。",
  "Browsers lend the camera only to https or to http://localhost.":
    "浏览器只允许 https 或 http://localhost 页面使用摄像头。",
  "The browser has no camera to lend.": "没有可用的摄像头。",
  "The camera was not allowed.": "摄像头未被允许。",
  "The camera is used by another program.": "摄像头正被其他程序占用。",
  "copied": "已复制",
  "The browser did not copy.": "浏览器未能复制。",
  decode: "解码",
  prepare: "准备",
  network: "网络",
  hats: "安全帽",
  "{ms} ms in the service, {trip} ms in all":
    "服务内 {ms} 毫秒,含传输 {trip} 毫秒",
  "{rate} pictures/s": "每秒 {rate} 张",
};

const isChinese = /^zh\b/i.test(navigator.language);

function say(sentence, values = {}) {
  const text = (isChinese && chinese[sentence]) || sentence;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

function translatePage() {
  if (!isChinese)
    return;
  document.documentElement.lang = "zh";
  for (const element of document.querySelectorAll("[data-say]"))
    element.textContent = say(element.textContent.trim());
}
