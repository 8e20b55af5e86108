// So many at a time, the rest in line.

export class Lanes {
  #free;
  #line = [];

  constructor(count) {
    this.#free = count;
  }

  /** How many wait for their turn. */
  get waiting() {
    return this.#line.length;
  }

  async run(work) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise(turn => this.#line.push(turn));
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
