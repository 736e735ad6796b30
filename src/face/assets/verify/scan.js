// A QR code in front of the camera: read by the browser where it can, else by a vendored decoder.
import { decodeQR } from '../vendor/qr/decode.js';

const PAUSE_MS = 200;
const EDGE_MOST = 1024;

/** The text of the first QR code that the camera sees; null once `signal` aborts. Throws where there is no camera. */
export async function scanCamera(video, signal) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  try {
    video.srcObject = stream;
    await video.play();
    const read = await makeReader();
    while (!signal.aborted) {
      const text = await read(video).catch(() => null);
      if (text) return text;
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS);
      });
    }
    return null;
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  }
}

async function makeReader() {
  const formats = 'BarcodeDetector' in globalThis ? await globalThis.BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  if (formats.includes('qr_code')) {
    const detector = new globalThis.BarcodeDetector({ formats: ['qr_code'] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, EDGE_MOST / Math.max(video.videoWidth, video.videoHeight, 1));
    canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
    canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  };
}
