//! Colours for what is wholly transparent, before a codec that loses.
//!
//! Nobody sees them, but the codec does: an edge against black costs bytes, and rings into what is seen.

use std::borrow::Cow;

use crate::raster::{Layout, Raster};

const HIDDEN: u8 = 0;

/// Hidden pixels take the colour of the nearest one in their row that is seen, and hidden rows those of the nearest row.
pub fn bled(raster: &Raster) -> Cow<'_, Raster> {
    let is_hidden = |pixel: &[u8; 4]| pixel[3] == HIDDEN;
    if raster.layout != Layout::Rgba || !raster.pixels.as_chunks().0.iter().any(is_hidden) {
        return Cow::Borrowed(raster);
    }
    let mut bled = raster.clone();
    let width = raster.size.width as usize;
    let (pixels, _) = bled.pixels.as_chunks_mut::<4>();
    let has_colours: Vec<bool> = pixels.chunks_exact_mut(width).map(fill).collect();
    for (row, from) in nearest(&has_colours).into_iter().enumerate().filter(|(row, from)| row != from) {
        for x in 0..width {
            let [red, green, blue, _] = pixels[from * width + x];
            pixels[row * width + x] = [red, green, blue, HIDDEN];
        }
    }
    Cow::Owned(bled)
}

/// Whether anything is seen in the row.
fn fill(row: &mut [[u8; 4]]) -> bool {
    let seen: Vec<bool> = row.iter().map(|pixel| pixel[3] != HIDDEN).collect();
    for (x, from) in nearest(&seen).into_iter().enumerate().filter(|(x, from)| x != from) {
        let [red, green, blue, _] = row[from];
        row[x] = [red, green, blue, HIDDEN];
    }
    seen.contains(&true)
}

/// For each place the nearest that is seen; each its own where none is.
fn nearest(seen: &[bool]) -> Vec<usize> {
    let mut nearest: Vec<usize> = (0..seen.len()).collect();
    let mut before = None;
    let places = (0..seen.len()).filter(|place| seen[*place]);
    for place in places.chain([usize::MAX]) {
        let after = seen.get(place).map(|_| place);
        let gap = before.map_or(0, |before| before + 1)..after.unwrap_or(seen.len());
        let (Some(first), Some(last)) = (before.or(after), after.or(before)) else { break };
        let middle = gap.start.midpoint(gap.end);
        nearest[gap.start..middle].fill(first);
        nearest[middle..gap.end].fill(last);
        before = after;
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    #[test]
    fn each_place_knows_the_nearest_that_is_seen() {
        let of = |seen: &str| nearest(&seen.bytes().map(|byte| byte == b'#').collect::<Vec<_>>());
        assert_eq!(of("..#....#."), [2, 2, 2, 2, 2, 7, 7, 7, 7]);
        assert_eq!((of("..."), of("#"), of("")), (vec![0, 1, 2], vec![0], vec![]));
    }

    #[test]
    fn what_is_hidden_takes_the_colours_around_it_and_stays_hidden() {
        let (red, blue, none) = ([200, 0, 0, 255], [0, 0, 200, 9], [1, 2, 3, 0]);
        let rows = [[none, none, none], [red, none, blue]];
        let size = Size { width: 3, height: 2 };
        let raster = Raster { size, layout: Layout::Rgba, pixels: rows.as_flattened().as_flattened().to_vec() };
        let (dim_red, dim_blue) = ([200, 0, 0, 0], [0, 0, 200, 0]);
        let expected = [[dim_red, dim_blue, dim_blue], [red, dim_blue, blue]];
        assert_eq!(bled(&raster).pixels, expected.as_flattened().as_flattened());
    }
}
