//! Turns pictures by the eight orientations, and turns the orientations themselves.

use preset::Turn;

use crate::fit::Crop;
use crate::orient::Orientation;
use crate::planes::Planes;
use crate::raster::Size;

/// An orientation as three steps, of which any may be left out: rows become columns, then left and right
/// are exchanged, then top and bottom.
#[derive(Clone, Copy)]
struct Steps {
    transpose: bool,
    mirror: bool,
    upend: bool,
}

impl Orientation {
    /// What a rendition asks for: the turn first, the mirror after it.
    pub fn of(rotate: Turn, flip: bool) -> Orientation {
        let turn = match rotate {
            Turn::None => Orientation::Upright,
            Turn::Quarter => Orientation::QuarterTurn,
            Turn::Half => Orientation::HalfTurn,
            Turn::ThreeQuarter => Orientation::ThreeQuarterTurn,
        };
        if flip { turn.then(Orientation::Mirrored) } else { turn }
    }

    /// One turn that does what this one and then `next` would do.
    pub fn then(self, next: Orientation) -> Orientation {
        let (first, second) = (self.steps(), next.steps());
        let (mirror, upend) = if second.transpose { (first.upend, first.mirror) } else { (first.mirror, first.upend) };
        Orientation::from_steps(Steps {
            transpose: first.transpose != second.transpose,
            mirror: mirror != second.mirror,
            upend: upend != second.upend,
        })
    }

    /// Where a part of the turned picture lies in the stored one, whose size is `stored`.
    pub fn stored_crop(self, crop: Crop, stored: Size) -> Crop {
        let steps = self.steps();
        let turned = self.upright(stored);
        let Crop { mut left, mut top, width, height } = crop;
        if steps.mirror {
            left = f64::from(turned.width) - width - left;
        }
        if steps.upend {
            top = f64::from(turned.height) - height - top;
        }
        if steps.transpose {
            return Crop { left: top, top: left, width: height, height: width };
        }
        Crop { left, top, width, height }
    }

    fn steps(self) -> Steps {
        let (transpose, mirror, upend) = match self {
            Orientation::Upright => (false, false, false),
            Orientation::Mirrored => (false, true, false),
            Orientation::HalfTurn => (false, true, true),
            Orientation::Flipped => (false, false, true),
            Orientation::Transposed => (true, false, false),
            Orientation::QuarterTurn => (true, true, false),
            Orientation::Transversed => (true, true, true),
            Orientation::ThreeQuarterTurn => (true, false, true),
        };
        Steps { transpose, mirror, upend }
    }

    fn from_steps(steps: Steps) -> Orientation {
        match (steps.transpose, steps.mirror, steps.upend) {
            (false, false, false) => Orientation::Upright,
            (false, true, false) => Orientation::Mirrored,
            (false, true, true) => Orientation::HalfTurn,
            (false, false, true) => Orientation::Flipped,
            (true, false, false) => Orientation::Transposed,
            (true, true, false) => Orientation::QuarterTurn,
            (true, true, true) => Orientation::Transversed,
            (true, false, true) => Orientation::ThreeQuarterTurn,
        }
    }
}

/// The picture that `stored` is when it is turned.
pub fn turned(stored: Planes, orientation: Orientation) -> Planes {
    if orientation == Orientation::Upright {
        return stored;
    }
    let size = orientation.upright(stored.size);
    let Steps { transpose, mirror, upend } = orientation.steps();
    let turn = |mut plane: Vec<i16>| {
        if transpose {
            plane = transposed(&plane, stored.size);
        }
        match (mirror, upend) {
            (true, true) => plane.reverse(),
            (true, false) => plane.chunks_exact_mut(size.width as usize).for_each(<[i16]>::reverse),
            (false, true) => upended(&mut plane, size),
            (false, false) => {}
        }
        plane
    };
    Planes { size, channels: stored.channels.into_iter().map(turn).collect() }
}

fn upended(plane: &mut [i16], size: Size) {
    let (width, half) = (size.width as usize, size.height as usize / 2);
    let (upper, lower) = plane.split_at_mut(half * width);
    for (above, below) in upper.chunks_exact_mut(width).zip(lower.chunks_exact_mut(width).rev()) {
        above.swap_with_slice(below);
    }
}

/// Sides of the tiles that are transposed at once: their rows and columns all stay in the first cache.
const TILE: usize = 32;

fn transposed(plane: &[i16], size: Size) -> Vec<i16> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut turned = vec![0; plane.len()];
    let mut tile = [[0; TILE]; TILE];
    for (band, rows) in plane.chunks(TILE * width).enumerate() {
        let y = band * TILE;
        let lines = rows.len() / width;
        for x in (0..width).step_by(TILE) {
            let across = TILE.min(width - x);
            for (line, row) in tile.iter_mut().zip(rows.chunks_exact(width)) {
                line[..across].copy_from_slice(&row[x..x + across]);
            }
            for column in 0..across {
                let target = &mut turned[(x + column) * height + y..][..lines];
                target.iter_mut().zip(&tile).for_each(|(to, line)| *to = line[column]);
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    const EIGHT: [Orientation; 8] = [
        Orientation::Upright,
        Orientation::Mirrored,
        Orientation::HalfTurn,
        Orientation::Flipped,
        Orientation::Transposed,
        Orientation::QuarterTurn,
        Orientation::Transversed,
        Orientation::ThreeQuarterTurn,
    ];

    fn numbered(width: u32, height: u32) -> Planes {
        let count = (width * height) as i16;
        Planes { size: Size { width, height }, channels: vec![(0..count).collect(), (0..count).rev().collect()] }
    }

    fn plane(orientation: Orientation) -> Vec<i16> {
        turned(numbered(3, 2), orientation).channels.remove(0)
    }

    #[test]
    fn eight_orientations_are_eight_turns() {
        assert_eq!(plane(Orientation::Upright), [0, 1, 2, 3, 4, 5]);
        assert_eq!(plane(Orientation::Mirrored), [2, 1, 0, 5, 4, 3]);
        assert_eq!(plane(Orientation::HalfTurn), [5, 4, 3, 2, 1, 0]);
        assert_eq!(plane(Orientation::Flipped), [3, 4, 5, 0, 1, 2]);
        assert_eq!(plane(Orientation::Transposed), [0, 3, 1, 4, 2, 5]);
        assert_eq!(plane(Orientation::QuarterTurn), [3, 0, 4, 1, 5, 2]);
        assert_eq!(plane(Orientation::Transversed), [5, 2, 4, 1, 3, 0]);
        assert_eq!(plane(Orientation::ThreeQuarterTurn), [2, 5, 1, 4, 0, 3]);
    }

    #[test]
    fn one_composed_turn_equals_two_turns() {
        for first in EIGHT {
            for second in EIGHT {
                let twice = turned(turned(numbered(5, 3), first), second);
                let once = turned(numbered(5, 3), first.then(second));
                assert_eq!((once.size, once.channels), (twice.size, twice.channels), "{first:?}, {second:?}");
            }
        }
    }

    #[test]
    fn tiles_meet_without_seams() {
        let planes = numbered(77, 91);
        let turned = turned(planes.clone(), Orientation::Transposed);
        assert_eq!(turned.size, Size { width: 91, height: 77 });
        for (y, row) in turned.channels[1].chunks_exact(91).enumerate() {
            assert!(row.iter().enumerate().all(|(x, sample)| *sample == planes.channels[1][x * 77 + y]), "row {y}");
        }
    }

    #[test]
    fn a_rendition_turns_clockwise_and_then_mirrors() {
        assert_eq!(plane(Orientation::of(Turn::Quarter, false)), [3, 0, 4, 1, 5, 2]);
        assert_eq!(plane(Orientation::of(Turn::Quarter, true)), [0, 3, 1, 4, 2, 5]);
        assert_eq!(plane(Orientation::of(Turn::Half, true)), plane(Orientation::Flipped));
        assert_eq!(plane(Orientation::of(Turn::ThreeQuarter, true)), plane(Orientation::Transversed));
    }

    #[test]
    fn a_stored_crop_turns_into_the_crop_of_the_turned_picture() {
        let part = |planes: &Planes, crop: Crop| {
            let [left, top, width, height] = [crop.left, crop.top, crop.width, crop.height].map(|side| side as usize);
            let rows = planes.channels[0].chunks_exact(planes.size.width as usize).skip(top).take(height);
            let channel = rows.flat_map(|row| row[left..left + width].to_vec()).collect();
            Planes { size: Size { width: crop.width as u32, height: crop.height as u32 }, channels: vec![channel] }
        };
        let stored = numbered(7, 5);
        for orientation in EIGHT {
            let crop = Crop { left: 1.0, top: 2.0, width: 3.0, height: 2.0 };
            let cut_last = part(&turned(stored.clone(), orientation), crop);
            let cut_first = turned(part(&stored, orientation.stored_crop(crop, stored.size)), orientation);
            assert_eq!(cut_first.channels, cut_last.channels, "{orientation:?}");
        }
    }
}
