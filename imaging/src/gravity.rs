//! Where a part lies in its whole: held at an edge, around a point, or by what draws the eye.

use preset::Gravity;

use crate::attention::Saliency;

/// Left and top of a part, which lies inside the whole; all in one unit, across and down.
///
/// A focal point comes to lie as near the part's middle as the edges allow.
pub fn corner(gravity: Gravity, whole: [f64; 2], part: [f64; 2], saliency: Option<&Saliency>) -> [f64; 2] {
    let room = [whole[0] - part[0], whole[1] - part[1]].map(|room| room.max(0.0));
    let wished = match (gravity, saliency) {
        (Gravity::Focal { x, y }, _) => {
            let point = [fraction(x) * whole[0], fraction(y) * whole[1]];
            [point[0] - part[0] / 2.0, point[1] - part[1] / 2.0]
        }
        (Gravity::Attention, Some(saliency)) => {
            let corner = saliency.best_corner([part[0] / whole[0], part[1] / whole[1]]);
            [corner[0] * whole[0], corner[1] * whole[1]]
        }
        _ => {
            let anchor = anchor(gravity);
            [anchor[0] * room[0], anchor[1] * room[1]]
        }
    };
    [wished[0].clamp(0.0, room[0]), wished[1].clamp(0.0, room[1])]
}

/// The share of the room that is left of and above the part: the middle for what is no edge.
pub fn anchor(gravity: Gravity) -> [f64; 2] {
    match gravity {
        Gravity::NorthWest => [0.0, 0.0],
        Gravity::North => [0.5, 0.0],
        Gravity::NorthEast => [1.0, 0.0],
        Gravity::West => [0.0, 0.5],
        Gravity::Centre | Gravity::Focal { .. } | Gravity::Attention => [0.5, 0.5],
        Gravity::East => [1.0, 0.5],
        Gravity::SouthWest => [0.0, 1.0],
        Gravity::South => [0.5, 1.0],
        Gravity::SouthEast => [1.0, 1.0],
    }
}

/// What is no number means the middle.
fn fraction(value: f32) -> f64 {
    if value.is_nan() { 0.5 } else { f64::from(value).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corner of a part of 40 x 20 in a whole of 100 x 60.
    fn placed(gravity: Gravity) -> [f64; 2] {
        corner(gravity, [100.0, 60.0], [40.0, 20.0], None)
    }

    #[test]
    fn nine_points_are_nine_places() {
        assert_eq!(placed(Gravity::NorthWest), [0.0, 0.0]);
        assert_eq!(placed(Gravity::North), [30.0, 0.0]);
        assert_eq!(placed(Gravity::NorthEast), [60.0, 0.0]);
        assert_eq!(placed(Gravity::West), [0.0, 20.0]);
        assert_eq!(placed(Gravity::Centre), [30.0, 20.0]);
        assert_eq!(placed(Gravity::East), [60.0, 20.0]);
        assert_eq!(placed(Gravity::SouthWest), [0.0, 40.0]);
        assert_eq!(placed(Gravity::South), [30.0, 40.0]);
        assert_eq!(placed(Gravity::SouthEast), [60.0, 40.0]);
    }

    #[test]
    fn a_focal_point_lies_in_the_middle_where_the_edges_allow_it() {
        assert_eq!(placed(Gravity::Focal { x: 0.5, y: 0.5 }), [30.0, 20.0]);
        assert_eq!(placed(Gravity::Focal { x: 0.25, y: 0.75 }), [5.0, 35.0]);
        assert_eq!(placed(Gravity::Focal { x: 0.125, y: 1.0 }), [0.0, 40.0]);
    }

    #[test]
    fn a_point_that_is_no_number_or_outside_still_gives_a_place() {
        assert_eq!(placed(Gravity::Focal { x: f32::NAN, y: f32::INFINITY }), [30.0, 40.0]);
        assert_eq!(placed(Gravity::Focal { x: -7.0, y: f32::NEG_INFINITY }), [0.0, 0.0]);
    }

    #[test]
    fn a_part_larger_than_its_whole_lies_at_the_corner() {
        assert_eq!(corner(Gravity::SouthEast, [10.0, 10.0], [20.0, 20.0], None), [0.0, 0.0]);
    }

    #[test]
    fn attention_without_a_picture_to_look_at_is_the_centre() {
        assert_eq!(placed(Gravity::Attention), [30.0, 20.0]);
    }
}
