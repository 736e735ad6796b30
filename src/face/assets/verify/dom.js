// Building a page from values alone: text is always text.

/** An element with attributes (`null` leaves one out) and children, which are elements or texts. */
export function makeElement(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(attribute, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A text of whatever direction, which moves nothing around it. */
export function isolated(text) {
  return makeElement('bdi', {}, String(text));
}

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** JSON that the page carries. */
export function readPageData(id) {
  return JSON.parse(byId(id).textContent);
}

/** What is said, by key, in one language at a time. */
export class Messages {
  constructor(byLanguage) {
    this.byLanguage = byLanguage;
    const wanted = [...navigator.languages.map((tag) => tag.split('-')[0]), document.documentElement.lang];
    this.language = wanted.map((tag) => (tag === 'fil' ? 'tl' : tag)).find((tag) => tag in byLanguage) ?? Object.keys(byLanguage)[0];
  }

  /** A message with its variables; `{name}` stands for one. */
  say(key, values = {}) {
    const text = this.byLanguage[this.language][key] ?? key;
    return text.replace(/\{([a-z]+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /** Says everything anew that stands in the page with its key. */
  sayPage() {
    document.documentElement.lang = this.language;
    document.documentElement.dir = this.language === 'ar' ? 'rtl' : 'ltr';
    document.title = this.say('check-title');
    for (const element of document.querySelectorAll('[data-say]')) element.textContent = this.say(element.dataset.say);
  }

  /** A day in words. */
  day(text) {
    const style = { dateStyle: 'long', timeZone: 'UTC' };
    return new Intl.DateTimeFormat(this.language === 'tl' ? 'fil' : this.language, style).format(new Date(`${text}T00:00:00Z`));
  }

  /** A moment in words, in the reader's own time. */
  moment(milliseconds) {
    const style = { dateStyle: 'long', timeStyle: 'short' };
    return new Intl.DateTimeFormat(this.language === 'tl' ? 'fil' : this.language, style).format(new Date(milliseconds));
  }

  /** A country's name. */
  country(code) {
    return new Intl.DisplayNames([this.language === 'tl' ? 'fil' : this.language, 'en'], { type: 'region' }).of(code) ?? code;
  }
}
