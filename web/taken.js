// How and when an original was taken, and whose it is, in plain words.

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** Lines to show; none where nothing is known. */
export function taken(exif) {
  if (!exif) return [];
  return [when(exif), how(exif), whose(exif)].filter(Boolean);
}

function when({ taken_at, make, model }) {
  const time = localTime(taken_at);
  const camera = cameraName(make, model);
  if (!time && !camera) return '';
  return ['Taken', time && `on ${time}`, camera && `with ${camera}`].filter(Boolean).join(' ');
}

/** As the clock stood where the camera was, wherever the page is read. */
function localTime(taken_at) {
  const time = new Date(`${taken_at?.slice(0, 19)}Z`);
  return Number.isNaN(time.valueOf()) ? '' : moment.format(time);
}

/** Many models begin with their maker. */
function cameraName(make = '', model = '') {
  const [maker] = (make ?? '').split(' ');
  if (!model) return make ?? '';
  return model.toLowerCase().startsWith(maker.toLowerCase()) ? model : `${make} ${model}`;
}

function how({ lens, focal_length_mm, focal_length_35mm, f_number, exposure_time, iso }) {
  const alike = focal_length_35mm && Math.round(focal_length_mm ?? 0) !== focal_length_35mm;
  return [
    lens,
    focal_length_mm && `${focal_length_mm} mm`,
    alike && `as ${focal_length_35mm} mm on 35 mm film`,
    f_number && `f/${f_number}`,
    exposure_time && `${exposure_time} s`,
    iso && `ISO ${iso}`,
  ].filter(Boolean).join(', ');
}

function whose({ copyright, credit }) {
  const rights = copyright && (/©|copyright/i.test(copyright) ? copyright : `© ${copyright}`);
  return [rights, credit && `Credit: ${credit}`].filter(Boolean).join(' · ');
}
