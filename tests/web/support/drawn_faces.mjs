// A picture of three drawn faces that the detector finds: for screenshots that may go anywhere.

/**
 * @param {import('@playwright/test').Page} page any page: its canvas draws
 * @returns {Promise<{name: string, buffer: Buffer}>} a PNG of 960 x 600 pixels
 */
export async function drawnFaces(page) {
  const url = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 960;
    canvas.height = 600;
    const draw = canvas.getContext('2d');
    const ellipse = (x, y, rx, ry, colour) => {
      draw.fillStyle = colour;
      draw.beginPath();
      draw.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
      draw.fill();
    };
    const wall = draw.createLinearGradient(0, 0, 960, 600);
    wall.addColorStop(0, '#5b7fb0');
    wall.addColorStop(1, '#8a6fa8');
    draw.fillStyle = wall;
    draw.fillRect(0, 0, 960, 600);
    // Proportions of the face that the page's self-test draws, in radii of the head.
    const face = (x, y, size, skin, shade, hair, lips) => {
      ellipse(x, y - 0.35 * size, 0.86 * size, 0.95 * size, hair);
      ellipse(x, y, 0.75 * size, size, skin);
      for (const side of [-1, 1]) {
        draw.fillStyle = hair;
        draw.fillRect(x + side * 0.3 * size - 0.2 * size, y - 0.46 * size, 0.4 * size, 0.06 * size);
        ellipse(x + side * 0.3 * size, y - 0.24 * size, 0.17 * size, 0.1 * size, '#f4f4f0');
        ellipse(x + side * 0.3 * size, y - 0.24 * size, 0.09 * size, 0.09 * size, '#2d1c14');
      }
      ellipse(x, y + 0.14 * size, 0.08 * size, 0.19 * size, shade);
      ellipse(x, y + 0.54 * size, 0.31 * size, 0.09 * size, lips);
    };
    face(190, 330, 150, '#d6a98a', '#bf8d70', '#4a2c1c', '#a54a48');
    face(480, 300, 180, '#a9744f', '#8f5f3f', '#20150f', '#7c3b34');
    face(775, 330, 150, '#e6c2a4', '#cfa589', '#8a6a3a', '#b65a5c');
    return canvas.toDataURL('image/png');
  });
  return {name: 'drawn-faces.png', buffer: Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')};
}
