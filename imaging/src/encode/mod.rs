//! Encodes the renditions, the dearest first, on two threads where there are two cores.

mod avif;
mod jpeg;
mod yuv;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::plan::Job;
use crate::raster::Raster;
use crate::{Format, Picture, Rejection};

/// More than two encoders at once would hold the memory of more than two.
const MAX_THREADS: usize = 2;

/// Makes one picture for each job, in the order of the jobs.
pub fn renditions(jobs: &[Job<'_>], levels: &[Raster]) -> Result<Vec<Picture>, Rejection> {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|index| {
        let job = &jobs[*index];
        std::cmp::Reverse((levels[job.level].size.area(), job.rendition.format == Format::Avif))
    });
    let next = AtomicUsize::new(0);
    let made: Mutex<Vec<Option<Result<Picture, Rejection>>>> = Mutex::new(jobs.iter().map(|_| None).collect());
    let work = || {
        while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let picture = picture(&jobs[*index], levels);
            made.lock().expect("no encoder panics while it holds the list")[*index] = Some(picture);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..cores.min(MAX_THREADS).min(jobs.len()) {
            scope.spawn(work);
        }
        work();
    });
    made.into_inner().expect("no encoder panics while it holds the list").into_iter().flatten().collect()
}

fn picture(job: &Job<'_>, levels: &[Raster]) -> Result<Picture, Rejection> {
    let raster = &levels[job.level];
    let rendition = job.rendition;
    let bytes = match rendition.format {
        Format::Avif => avif::encode(raster, rendition.quality),
        Format::Jpeg => jpeg::encode(raster, rendition.quality).map_err(|error| error.to_string()),
    };
    let bytes = bytes.map_err(|cause| {
        Rejection::corrupt(format!("The picture could not be written as {}: {cause}.", rendition.format.as_str()))
    })?;
    let (width, height) = (raster.size.width, raster.size.height);
    Ok(Picture { name: rendition.name.clone(), format: rendition.format, width, height, bytes })
}
