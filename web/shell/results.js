// The results as DOM: table, caption, details. Rows are kept and only their texts change, so that the
// keyboard's focus survives thirty results a second from the camera.
import {ageText, captionText, flagsText, genderText, intervalText, WORDS} from './words.js';
/** @import {Face, PictureRecord} from './types.js' */

/** @param {string} id @returns {any} */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html lacks #${id}`);
  return element;
}

/** @param {Element} element @param {string} text writing equal text would still be a mutation */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class ResultsView {
  /** @param {(index: number) => void} onselect a row's button was pressed */
  constructor(onselect) {
    this.onselect = onselect;
    this.table = byId('results');
    this.body = byId('results-body');
    this.caption = byId('results-caption');
    this.empty = byId('results-empty');
    this.detailsList = byId('details-list');
  }

  /** @param {PictureRecord|null} record with faces; null: nothing to show */
  show(record) {
    const faces = record?.faces ?? [];
    while (this.body.rows.length > faces.length) this.body.deleteRow(-1);
    while (this.body.rows.length < faces.length) this.#addRow();
    faces.forEach((face, index) => this.#fill(this.body.rows[index], face));
    if (record !== null) setText(this.caption, captionText(record));
    this.table.hidden = faces.length === 0;
    this.empty.hidden = faces.length > 0;
    setText(this.empty, record === null ? WORDS.emptyResults : WORDS.noFace);
  }

  /** @param {number} selected -1: none */
  select(selected) {
    for (const [index, row] of [...this.body.rows].entries()) {
      row.classList.toggle('selected', index === selected);
      row.querySelector('button').setAttribute('aria-pressed', String(index === selected));
    }
  }

  /** @param {[string, string][]} rows */
  details(rows) {
    const list = this.detailsList;
    while (list.children.length > rows.length * 2) list.lastChild.remove();
    while (list.children.length < rows.length * 2) {
      list.append(document.createElement('dt'), document.createElement('dd'));
    }
    rows.forEach(([term, text], index) => {
      setText(list.children[2 * index], term);
      setText(list.children[2 * index + 1], text);
    });
  }

  #addRow() {
    const index = this.body.rows.length;
    const row = this.body.insertRow();
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'face-button';
    button.textContent = String(index + 1);
    button.setAttribute('aria-label', `Show face ${index + 1} on the stage`);
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => this.onselect(index));
    row.insertCell().append(button);
    for (let cell = 0; cell < 5; cell++) row.insertCell();
  }

  /** @param {HTMLTableRowElement} row @param {Face} face */
  #fill(row, face) {
    const texts = [ageText(face.age), intervalText(face), genderText(face.p_female), face.score.toFixed(2),
      flagsText(face.flags)];
    texts.forEach((text, index) => setText(row.cells[index + 1], text));
  }
}
