//! Makes the pictures of a plan, the dearest first, on two threads where there are two cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::encode::{self, Original};
use crate::levels::Levels;
use crate::plan::{Job, Plan};
use crate::{Picture, Rejection, animation, draw};

/// More than two encoders at once would hold the memory of more than two.
const MAX_THREADS: usize = 2;

/// One picture for each job, in the order of the jobs. `moving` is there for an animated original that is
/// within the limits.
pub fn all(
    plan: &Plan<'_>,
    levels: &Levels,
    original: &Original<'_>,
    moving: Option<&animation::Source<'_>>,
) -> Result<Vec<Picture>, Rejection> {
    let mut order: Vec<usize> = (0..plan.jobs.len()).collect();
    order.sort_by_key(|index| {
        let job = &plan.jobs[*index];
        std::cmp::Reverse((job.frame.size.area(), job.rendition.format != preset::Format::Jpeg))
    });
    let next = AtomicUsize::new(0);
    let made: Mutex<Vec<Option<Result<Picture, Rejection>>>> = Mutex::new(plan.jobs.iter().map(|_| None).collect());
    let work = || {
        while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let picture = picture(&plan.jobs[*index], levels, original, moving);
            made.lock().expect("no encoder panics while it holds the list")[*index] = Some(picture);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..cores.min(MAX_THREADS).min(plan.jobs.len()) {
            // A machine without room for another thread gets the same pictures, later.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    made.into_inner().expect("no encoder panics while it holds the list").into_iter().flatten().collect()
}

fn picture(
    job: &Job<'_>,
    levels: &Levels,
    original: &Original<'_>,
    moving: Option<&animation::Source<'_>>,
) -> Result<Picture, Rejection> {
    let rendition = job.rendition;
    if let Some(source) = moving.filter(|_| rendition.animated) {
        return animation::picture(source, job, levels, original);
    }
    let raster = draw::still(job, levels);
    let (format, bytes) = encode::encode(&raster, rendition, original)?;
    let (width, height) = (raster.size.width, raster.size.height);
    Ok(Picture { name: rendition.name.clone(), format, width, height, bytes })
}
