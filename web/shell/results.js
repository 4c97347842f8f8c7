// The results as DOM: table, caption, details. The row of a number is kept and only its texts change, so that
// the keyboard's focus stays with a person through thirty results a second from the camera.
import {ageText, captionText, flagsText, genderText, intervalText, WORDS} from './words.js';
/** @import {PictureRecord, ShownFace} from './types.js' */

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
    this.caution = byId('results-caution');
    this.scroller = byId('results-scroller');
    /** Of the rows. @type {number[]} */
    this.numbers = [];
    this.detailsList = byId('details-list');
  }

  /**
   * @param {PictureRecord|null} record null: nothing to show
   * @param {ShownFace[]} faces in the order of the rows
   * @param {boolean} live ages in whole years, which stand still
   */
  show(record, faces, live) {
    this.#keepRows(faces.map(({number}) => number));
    faces.forEach((face, index) => this.#fill(this.body.rows[index], face, live));
    if (record !== null) setText(this.caption, captionText(record));
    this.table.hidden = faces.length === 0;
    this.empty.hidden = faces.length > 0;
    this.caution.hidden = faces.every(({face}) => face.flags.length === 0);
    setText(this.empty, record === null ? WORDS.emptyResults : WORDS.noFace);
  }

  /** @param {number} selected index, -1: none */
  select(selected) {
    for (const [index, row] of [...this.body.rows].entries()) {
      row.classList.toggle('selected', index === selected);
      row.querySelector('button').setAttribute('aria-pressed', String(index === selected));
    }
    const row = this.body.rows[selected];
    if (row !== undefined) this.#scrollTo(row);
  }

  /** Within a long table that scrolls by itself; the page stays where it is. @param {HTMLElement} row */
  #scrollTo(row) {
    const {scroller} = this;
    if (scroller.scrollHeight <= scroller.clientHeight) return;
    const area = scroller.getBoundingClientRect();
    const head = this.table.tHead.getBoundingClientRect().height;
    const place = row.getBoundingClientRect();
    if (place.top < area.top + head) scroller.scrollTop -= area.top + head - place.top;
    if (place.bottom > area.bottom) scroller.scrollTop += place.bottom - area.bottom;
  }

  /** A row for each number, that of a number that stays being the same. @param {number[]} numbers */
  #keepRows(numbers) {
    for (let index = this.numbers.length - 1; index >= 0; index--) {
      if (numbers.includes(this.numbers[index])) continue;
      this.body.deleteRow(index);
      this.numbers.splice(index, 1);
    }
    numbers.forEach((number, index) => {
      if (this.numbers[index] === number) return;
      this.#addRow(number, index);
      this.numbers.splice(index, 0, number);
    });
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

  /** @param {number} number @param {number} index */
  #addRow(number, index) {
    const row = this.body.insertRow(index);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'face-button';
    button.textContent = String(number);
    button.setAttribute('aria-label', `Show face ${number} on the stage`);
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => this.onselect(this.numbers.indexOf(number)));
    row.insertCell().append(button);
    for (let cell = 0; cell < 5; cell++) row.insertCell();
  }

  /** @param {HTMLTableRowElement} row @param {ShownFace} shown @param {boolean} live */
  #fill(row, {face, seen}, live) {
    row.classList.toggle('away', !seen);
    const texts = [live ? String(Math.round(face.age)) : ageText(face.age), intervalText(face), genderText(face.p_female),
      face.score.toFixed(2), seen ? flagsText(face.flags) : WORDS.outOfView];
    texts.forEach((text, index) => setText(row.cells[index + 1], text));
  }
}
