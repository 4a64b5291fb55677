// A phone's camera.

import jsQR from 'jsqr';

// What a camera reads on this page: the address behind its QR code.
export async function read(page) {
  const { width, data } = rasterised(await page.locator('.code').innerHTML());
  return jsQR(data, width, width).data;
}

// The drawing as pixels, four to a module.
function rasterised(drawing) {
  const [, size] = drawing.match(/viewBox="0 0 (\d+) /);
  const width = Number(size) * 4;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y] of drawing.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = y * 4; row < y * 4 + 4; row++) {
      for (let column = x * 4; column < x * 4 + 4; column++) data.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3);
    }
  }
  return { width, data };
}
