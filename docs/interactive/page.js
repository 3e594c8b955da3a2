"use strict";
// One of the networks is shown, and everything is drawn anew when a slider moves; nothing is animated.
const data = JSON.parse(document.getElementById("data").textContent);
const maps = Uint8Array.from(atob(data.maps), letter => letter.charCodeAt(0));
const find = id => document.getElementById(id);
const sliders = { alpha: find("alpha"), epochs: find("epochs") };
const numberOf = (alpha, epochs) => alpha * data.epochs.length + epochs;
const lossesOf = (losses, alpha) => losses.slice(numberOf(alpha, 0), numberOf(alpha + 1, 0));
const smallestOf = losses => losses.indexOf(Math.min(...losses));
const counted = number => number + (number === 1 ? " epoch" : " epochs");
const inWords = number => number.toLocaleString("en");

/* The theme: that of the page around this one, which sends it, or the reader's own. */
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let sentTheme = "";
function setTheme() {
  document.documentElement.dataset.theme = sentTheme || (prefersDark.matches ? "dark" : "light");
}
const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

/* The network that is shown. */
function chosen() {
  const alpha = Number(sliders.alpha.value), epochs = Number(sliders.epochs.value);
  return {
    alpha, epochs, number: numberOf(alpha, epochs),
    train: lossesOf(data.trainLoss, alpha), test: lossesOf(data.testLoss, alpha), reference: lossesOf(data.testLoss, 0),
  };
}

/* A canvas as sharp as the screen, in units of CSS pixels. */
function cleared(canvas) {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "13px system-ui, sans-serif";
  return { context, width, height };
}

function path(context, points, style, width, dashes = []) {
  context.beginPath();
  points.forEach(([x, y], number) => number ? context.lineTo(x, y) : context.moveTo(x, y));
  context.strokeStyle = style;
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.stroke();
  context.setLineDash([]);
}

/* 1. The probabilities, the line where they are one half, and the rows trained on. */
function logOddsOf(number) {
  const size = data.map.columns * data.map.rows;
  return Float32Array.from(maps.subarray(number * size, (number + 1) * size), byte => {
    const share = (byte - 128) / 127;
    return data.map.limit * share * Math.abs(share);
  });
}
const probability = logOdds => 1 / (1 + Math.exp(-logOdds));

function channels(hex) {
  return [1, 3, 5].map(place => parseInt(hex.slice(place, place + 2), 16));
}

function shades() {
  const [low, middle, high] = ["shade-0", "shade-half", "shade-1"].map(name => channels(colour(name)));
  return Array.from({ length: 256 }, (_, level) => {
    const way = level / 127.5 - 1, end = way < 0 ? low : high;
    return middle.map((value, channel) => value + Math.abs(way) * (end[channel] - value));
  });
}

/* Between the points of the grid the log-odds are interpolated, which keeps steep slopes smooth. */
function shaded(context, logOdds, canvas) {
  if (!canvas.width || !canvas.height) return;  // in a frame that is not laid out yet
  const { columns, rows } = data.map, image = context.createImageData(canvas.width, canvas.height), scale = shades();
  for (let y = 0, place = 0; y < image.height; y++) {
    const up = y / (image.height - 1) * (rows - 1), row = Math.min(Math.floor(up), rows - 2), below = up - row;
    for (let x = 0; x < image.width; x++, place += 4) {
      const along = x / (image.width - 1) * (columns - 1), column = Math.min(Math.floor(along), columns - 2);
      const right = along - column, corner = row * columns + column;
      const top = logOdds[corner] * (1 - right) + logOdds[corner + 1] * right;
      const bottom = logOdds[corner + columns] * (1 - right) + logOdds[corner + columns + 1] * right;
      const shade = scale[Math.round(255 * probability(top * (1 - below) + bottom * below))];
      image.data[place] = shade[0];
      image.data[place + 1] = shade[1];
      image.data[place + 2] = shade[2];
      image.data[place + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/* Marching squares: in every cell of the grid, the sides that the line crosses are joined. */
function contour(context, logOdds, width, height) {
  const { columns, rows } = data.map, xOf = column => column / (columns - 1) * width;
  const yOf = row => row / (rows - 1) * height, segments = [];
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const values = corners.map(([x, y]) => logOdds[y * columns + x]), crossed = [];
      corners.forEach(([x, y], side) => {
        const next = (side + 1) % 4, from = values[side], to = values[next];
        if ((from >= 0) === (to >= 0)) return;
        const share = from / (from - to), [nextX, nextY] = corners[next];
        crossed.push([xOf(x + share * (nextX - x)), yOf(y + share * (nextY - y))]);
      });
      for (let pair = 0; pair + 1 < crossed.length; pair += 2) segments.push(crossed.slice(pair, pair + 2));
    }
  }
  const ink = colour("ink");
  context.lineCap = "round";
  segments.forEach(segment => path(context, segment, ink, 2.5));
}

function drawBoundary(shown) {
  const canvas = find("boundary"), { context, width, height } = cleared(canvas), logOdds = logOddsOf(shown.number);
  shaded(context, logOdds, canvas);
  contour(context, logOdds, width, height);
  const [left, right, bottom, top] = data.map.box, size = width < 450 ? 4 : 5;
  for (const [x, y, label] of data.points) {
    const across = (x - left) / (right - left) * width, down = (top - y) / (top - bottom) * height;
    context.beginPath();
    if (label) context.arc(across, down, size, 0, 2 * Math.PI);
    else context.rect(across - size * 0.9, down - size * 0.9, size * 1.8, size * 1.8);
    context.fillStyle = colour(label ? "circle" : "square");
    context.fill();
    context.strokeStyle = colour("paper");
    context.lineWidth = 1.2;
    context.stroke();
  }
  const smallest = probability(Math.min(...logOdds)), largest = probability(Math.max(...logOdds));
  const share = logOdds.filter(value => value > 0).length / logOdds.length;
  const words = largest - smallest < 0.02
    ? `The probability is ${smallest.toFixed(2)} everywhere on this map.`
    : `Probabilities of class 1 from ${smallest.toFixed(2)} to ${largest.toFixed(2)}; it is the more probable class on `
      + `${Math.round(100 * share)}\u00a0% of this map.`;
  find("boundary-words").textContent = words;
  canvas.setAttribute("aria-label", `Map of the probability of class 1, with the 100 rows trained on. ${words}`);
}

/* 2. The losses over the epochs, on axes that are the same for every alpha. */
function drawLosses(shown) {
  const canvas = find("losses"), { context, width, height } = cleared(canvas);
  const left = 34, right = width - 10, top = 10, bottom = height - 40;
  const ceiling = Math.ceil(5 * Math.max(...data.testLoss, ...data.trainLoss)) / 5;
  const xOf = epochs => left + Math.log(epochs) / Math.log(data.epochs.at(-1)) * (right - left);
  const yOf = loss => bottom - loss / ceiling * (bottom - top);
  const points = losses => losses.map((loss, number) => [xOf(data.epochs[number]), yOf(loss)]);
  context.fillStyle = colour("muted");
  context.textAlign = "right";
  for (let loss = 0; loss <= ceiling + 0.01; loss += 0.2) {
    path(context, [[left, yOf(loss)], [right, yOf(loss)]], colour("line"), 1);
    context.fillText(loss.toFixed(1), left - 6, yOf(loss) + 4);
  }
  for (const epochs of [1, 10, 100, 1000]) {
    context.textAlign = epochs === 1 ? "left" : epochs === 1000 ? "right" : "center";
    context.fillText(epochs, xOf(epochs), bottom + 17);
  }
  context.textAlign = "center";
  context.fillText("epochs (log scale)", (left + right) / 2, height - 5);

  const x = xOf(data.epochs[shown.epochs]);
  path(context, [[x, top], [x, bottom]], colour("ink"), 1.5);
  if (shown.alpha) path(context, points(shown.reference), colour("muted"), 2, [2, 3]);
  path(context, points(shown.train), colour("train"), 2.5, [7, 4]);
  path(context, points(shown.test), colour("test"), 2.5);
  for (const [losses, name] of [[shown.train, "train"], [shown.test, "test"]]) {
    context.beginPath();
    context.arc(x, yOf(losses[shown.epochs]), 5, 0, 2 * Math.PI);
    context.fillStyle = colour(name);
    context.fill();
    context.strokeStyle = colour("paper");
    context.lineWidth = 1.5;
    context.stroke();
  }
  const smallest = smallestOf(shown.test);
  context.beginPath();
  context.arc(xOf(data.epochs[smallest]), yOf(shown.test[smallest]), 9, 0, 2 * Math.PI);
  context.strokeStyle = colour("test");
  context.lineWidth = 2;
  context.stroke();

  find("reference-key").hidden = !shown.alpha;
  const words = `At alpha ${data.alphas[shown.alpha]} the test loss is smallest after `
    + `${counted(data.epochs[smallest])}, ${shown.test[smallest].toFixed(2)}, and `
    + `${shown.test.at(-1).toFixed(2)} after ${counted(data.epochs.at(-1))}.`;
  find("losses-words").textContent = words;
  canvas.setAttribute("aria-label", `Train and test loss after 1 to ${data.epochs.at(-1)} epochs. ${words} `
    + `Now chosen: ${counted(data.epochs[shown.epochs])}.`);
}

/* 3. How many weights are how large, on axes that are the same for every network. */
function drawWeights(shown) {
  const canvas = find("weights"), { context, width, height } = cleared(canvas);
  const counts = data.weights[shown.number], total = counts.reduce((sum, count) => sum + count, 0);
  const left = 54, right = width - 10, top = 8, bottom = height - 40;
  const yOf = count => count ? bottom - (Math.log10(count) + 0.3) / 4.3 * (bottom - top) : bottom;
  const xOf = weight => left + (weight + data.limit) / (2 * data.limit) * (right - left);
  context.fillStyle = colour("muted");
  context.textAlign = "right";
  for (const count of [1, 100, 10000]) {
    path(context, [[left, yOf(count)], [right, yOf(count)]], colour("line"), 1);
    context.fillText(inWords(count), left - 6, yOf(count) + 4);
  }
  context.textAlign = "center";
  for (const share of [-1, -0.5, 0, 0.5, 1]) {
    context.textAlign = share === -1 ? "left" : share === 1 ? "right" : "center";
    const weight = share * data.limit;
    context.fillText(String(Number(weight.toFixed(2))).replace("-", "\u2212"), xOf(weight), bottom + 17);
  }
  context.textAlign = "center";
  context.fillText("weight; upwards how many (log scale)", (left + right) / 2, height - 5);
  const step = (right - left) / counts.length;
  context.fillStyle = colour("accent");
  counts.forEach((count, bin) => context.fillRect(left + bin * step + 0.5, yOf(count), step - 1, bottom - yOf(count)));
  path(context, [[left, bottom], [right, bottom]], colour("muted"), 1);

  const middle = counts[(counts.length - 1) / 2], norms = data.norms[shown.number].map(norm => norm.toFixed(1));
  const words = `The norms of the two kernels are ${norms.join(" and ")}. Of ${inWords(total)} weights `
    + `${inWords(middle)} lie within ${(data.limit / counts.length).toFixed(3)} of zero.`;
  find("weights-words").textContent = words;
  canvas.setAttribute("aria-label", `Histogram of the weights of both hidden layers. ${words}`);
}

/* What the sliders say, and the sentence below them. */
function write(shown) {
  const alpha = data.alphas[shown.alpha], epochs = data.epochs[shown.epochs];
  find("alpha-value").textContent = alpha;
  find("epochs-value").textContent = epochs;
  sliders.alpha.setAttribute("aria-valuetext", shown.alpha ? `alpha ${alpha}` : "alpha 0, no penalty");
  sliders.epochs.setAttribute("aria-valuetext", counted(epochs));
  const penalty = shown.alpha
    ? `Without a penalty the test loss after as many epochs is ${shown.reference[shown.epochs].toFixed(2)}.`
    : "This is the network without a penalty.";
  find("sentence").textContent = `Alpha ${alpha} after ${counted(epochs)}: train loss `
    + `${shown.train[shown.epochs].toFixed(2)}, test loss ${shown.test[shown.epochs].toFixed(2)}, `
    + `${data.right[shown.number]}\u00a0% of the test rows right. ${penalty}`;
}

function draw() {
  const shown = chosen();
  write(shown);
  drawBoundary(shown);
  drawLosses(shown);
  drawWeights(shown);
}

function start() {
  const best = smallestOf(data.testLoss), bestAlpha = Math.floor(best / data.epochs.length);
  const bestEpochs = best % data.epochs.length;
  find("best-words").textContent = `Of all ${data.testLoss.length} networks the smallest test loss is `
    + `${data.testLoss[best].toFixed(2)}, at alpha ${data.alphas[bestAlpha]} after `
    + `${counted(data.epochs[bestEpochs])}. `
    + "The smallest of many losses on the same rows tends to be a little too small.";
  find("show-best").addEventListener("click", () => {
    sliders.alpha.value = bestAlpha;
    sliders.epochs.value = bestEpochs;
    draw();
  });
  for (const [name, values] of [["alpha", data.alphas], ["epochs", data.epochs]]) {
    const ends = sliders[name].parentElement.querySelectorAll(".ends span");
    ends[0].textContent = name === "alpha" ? "0, no penalty" : values[0];
    ends[1].textContent = values.at(-1);
    sliders[name].addEventListener("input", draw);
  }
  prefersDark.addEventListener("change", () => { setTheme(); draw(); });
  addEventListener("resize", draw);
  if (parent !== window) embed();
  setTheme();
  draw();
}

/* In a frame: as high as the content, in the colours of the page around it. */
function embed() {
  document.documentElement.classList.add("embedded");
  const tell = () => parent.postMessage({ height: Math.ceil(document.querySelector("main").scrollHeight) }, "*");
  addEventListener("message", event => {
    if (event.source !== parent || !["light", "dark"].includes(event.data?.theme)) return;
    sentTheme = event.data.theme;
    setTheme();
    draw();
    tell();
  });
  new ResizeObserver(tell).observe(document.querySelector("main"));
}

start();
