//! How many images are worked on at once by the queue, and developed at once by queue and sweep together.

/// One may take a few hundred megabytes while it is developed, whatever its file weighs.
const MAX_SLOTS: usize = 4;

/// As many as there are cores, four at the most.
pub fn slots() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_SLOTS))
}
