//! Halves a picture in linear light before it is resampled, where enough is left for the filter.
//!
//! A mean of four costs a fraction of what as many taps of Lanczos do, and a filter that still reduces by
//! nearly two hides its softness.

use crate::base::Source;
use crate::raster::Size;

/// From this many times the largest wanted picture on. Larger: slower. Smaller: softer.
const FROM: (u64, u64) = (15, 4);

/// Takes rows two at a time.
pub struct Halver {
    /// One row of each channel, which waits for the next.
    waiting: Vec<Vec<i16>>,
    waits: bool,
    halved: Vec<Vec<i16>>,
}

impl Halver {
    /// What is left of the source, if halving it leaves enough for pictures as large as `largest`.
    pub fn new(source: Source, channels: usize, largest: Size) -> Option<(Halver, Source)> {
        if !leaves_enough(source.size, largest) {
            return None;
        }
        let size = Size { width: source.size.width.div_ceil(2), height: source.size.height.div_ceil(2) };
        let left = Source { size, across: source.across / 2.0, down: source.down / 2.0 };
        let waiting = vec![vec![0; source.size.width as usize]; channels];
        Some((Halver { waiting, waits: false, halved: vec![vec![0; size.width as usize]; channels] }, left))
    }

    /// Takes a row; gives one of half the samples for every second.
    pub fn push(&mut self, row: &[Vec<i16>]) -> Option<&[Vec<i16>]> {
        if !self.waits {
            self.waiting.iter_mut().zip(row).for_each(|(waiting, row)| waiting.copy_from_slice(row));
            self.waits = true;
            return None;
        }
        self.waits = false;
        for ((halved, above), below) in self.halved.iter_mut().zip(&self.waiting).zip(row) {
            halve(above, below, halved);
        }
        Some(&self.halved)
    }

    /// The last row, if it still waits: it stands for the one that would follow.
    pub fn end(&mut self) -> Option<&[Vec<i16>]> {
        if !std::mem::take(&mut self.waits) {
            return None;
        }
        for (halved, row) in self.halved.iter_mut().zip(&self.waiting) {
            halve(row, row, halved);
        }
        Some(&self.halved)
    }
}

/// Whether half of a source still serves pictures as large as `largest`.
pub fn leaves_enough(source: Size, largest: Size) -> bool {
    source.at_least(FROM.0, FROM.1, largest)
}

/// The means of two rows, two by two.
pub fn halve(above: &[i16], below: &[i16], halved: &mut [i16]) {
    let (pairs_above, rest_above) = above.as_chunks::<2>();
    let (pairs_below, rest_below) = below.as_chunks::<2>();
    for ((to, [a, b]), [c, d]) in halved.iter_mut().zip(pairs_above).zip(pairs_below) {
        *to = mean([*a, *b, *c, *d]);
    }
    // The last sample of an odd row stands for the one that would follow.
    if let ([a], [c], Some(last)) = (rest_above, rest_below, halved.last_mut()) {
        *last = mean([*a, *a, *c, *c]);
    }
}

fn mean(four: [i16; 4]) -> i16 {
    ((four.map(i32::from).iter().sum::<i32>() + 2) >> 2) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halved(width: u32, rows: &[Vec<i16>]) -> Vec<Vec<i16>> {
        let source = Source::whole(Size { width, height: rows.len() as u32 });
        let (mut halver, _) = Halver::new(source, 1, Size { width: 0, height: 0 }).expect("enough is left");
        let mut made = Vec::new();
        for row in rows {
            made.extend(halver.push(std::slice::from_ref(row)).map(|row| row[0].clone()));
        }
        made.extend(halver.end().map(|row| row[0].clone()));
        made
    }

    #[test]
    fn four_become_their_mean_and_edges_repeat() {
        assert_eq!(halved(3, &[vec![0, 4, 10], vec![8, 12, 30], vec![5, 7, 9]]), [[6, 20], [6, 9]]);
    }

    #[test]
    fn a_picture_that_is_wanted_large_is_left_alone() {
        let source = Source::whole(Size { width: 3000, height: 3000 });
        assert!(Halver::new(source, 1, Size { width: 801, height: 801 }).is_none());
        let (_, left) = Halver::new(source, 1, Size { width: 800, height: 800 }).expect("enough is left");
        assert_eq!(left, Source::whole(Size { width: 1500, height: 1500 }));
    }
}
