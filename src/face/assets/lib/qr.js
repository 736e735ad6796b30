// QR codes drawn in the browser: what they hold may be a secret that goes nowhere else.
import { encodeQR } from '../vendor/qr/index.js';

const SVG = 'http://www.w3.org/2000/svg';

/** A picture of a text, with its label for those who do not see it. */
export function drawQr(text, label) {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
  const size = rows.length;
  const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')));
  const picture = shape('svg', { viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label, class: 'qr', 'shape-rendering': 'crispEdges' });
  picture.append(shape('rect', { width: size, height: size, fill: '#fff' }), shape('path', { d: squares.join(''), fill: '#000' }));
  return picture;
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}
