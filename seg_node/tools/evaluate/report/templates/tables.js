// Tables: a click on a heading sorts, the search field filters. No libraries.
'use strict';
(() => {
  for (const table of document.querySelectorAll('table.sortable')) {
    table.tHead.addEventListener('click', (event) => {
      const head = event.target.closest('th');
      if (!head || !head.dataset.sort || event.target.closest('a')) return;
      const column = head.cellIndex;
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of table.tHead.querySelectorAll('th')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const value = (row) => {
        const cell = row.cells[column], text = cell.dataset.v ?? cell.textContent;
        return head.dataset.sort === 'number' ? (text === '' ? NaN : Number(text)) : text;
      };
      const order = (a, b) => {
        const x = value(a), y = value(b);
        if (typeof x === 'string') return x.localeCompare(y, undefined, {numeric: true});
        return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : up ? 1 : -1) : Number.isNaN(y) ? (up ? -1 : 1) : x - y;
      };
      const rows = [...table.tBodies[0].rows].sort((a, b) => up ? order(a, b) : order(b, a));
      table.tBodies[0].append(...rows);
    });
  }
  for (const field of document.querySelectorAll('input[data-filter]')) {
    field.addEventListener('input', () => {
      const wanted = field.value.toLowerCase();
      for (const row of document.getElementById(field.dataset.filter).tBodies[0].rows)
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
  }
})();
