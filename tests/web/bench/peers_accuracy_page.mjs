// The browser's side of peers_accuracy.mjs, which calls window.predict().
import {useWasm} from './peers_page.mjs';

const faceapi = await import('/face-api/dist/face-api.esm.js');
await useWasm(faceapi.tf);
await faceapi.nets.ageGenderNet.loadFromUri('/face-api/model');

/** @param {string} url @returns {Promise<HTMLCanvasElement>} the picture whole */
async function pictureOf(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP status ${response.status}`);
  const bitmap = await createImageBitmap(await response.blob());
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  return canvas;
}

/** @param {string[]} urls @returns {Promise<{age: number, pFemale: number}[]>} as the library's users get it */
window.predict = async (urls) => {
  const results = [];
  for (const url of urls) {
    const {age, gender, genderProbability} = await faceapi.nets.ageGenderNet.predictAgeAndGender(await pictureOf(url));
    results.push({age, pFemale: gender === 'female' ? genderProbability : 1 - genderProbability});
  }
  return results;
};
