// Follows an image until it is settled.

import { getImage } from './api.js';
import { Lanes } from './lanes.js';

// A browser opens six connections to an origin; waiting answers must leave some for uploads and clicks.
const lanes = new Lanes(2);
const WAIT_SECONDS = 20;
const FAULTS_BORNE = 4;

export const isSettled = ({ status }) => ['ready', 'failed', 'expired'].includes(status);

/** Tells every change of the image, the last one included. */
export async function follow(id, tell, signal) {
  let known = {};
  while (!known.image || !isSettled(known.image)) {
    known = await next(id, known, signal);
    tell(known.image);
  }
}

/** The first answer comes at once; later ones are held until there is something new. */
async function next(id, { image, etag }, signal) {
  for (let faults = 0; ;) {
    const asked = Date.now();
    try {
      const answer = await lanes.run(() => getImage(id, { etag, wait: image && turn(), signal }));
      if (answer.image) return answer;
    } catch (fault) {
      if (!fault.retryable || faults === FAULTS_BORNE) throw fault;
      faults += 1;
    }
    // Between faults, and when a server or proxy does not hold the answer, the pace is kept here.
    await pause(asked + 1000 * 2 ** faults - Date.now());
  }
}

/** Short turns while others are in line, so that one slow image does not hide their news. */
const turn = () => (lanes.waiting ? 1 : WAIT_SECONDS);

const pause = milliseconds => new Promise(resume => setTimeout(resume, milliseconds));
