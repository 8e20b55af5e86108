//! A picture of few colours as indices into a list of them; nothing is rounded.

use std::collections::HashMap;

use crate::raster::{Layout, Raster};

pub struct Indexed {
    /// RGBA, those that are not opaque first.
    pub colours: Vec<[u8; 4]>,
    /// One for each pixel.
    pub indices: Vec<u8>,
}

/// None for more than 256 colours.
pub fn index(raster: &Raster) -> Option<Indexed> {
    match raster.layout {
        Layout::Rgba => index_pixels(raster.pixels.as_chunks::<4>().0, |pixel| pixel),
        _ => index_pixels(raster.pixels.as_chunks::<3>().0, |[red, green, blue]| [red, green, blue, 255]),
    }
}

fn index_pixels<P: Copy>(pixels: &[P], colour: impl Fn(P) -> [u8; 4]) -> Option<Indexed> {
    let mut numbers: HashMap<[u8; 4], u8> = HashMap::new();
    let mut indices = Vec::with_capacity(pixels.len());
    // Most pixels of a drawing repeat the one before.
    let mut last = None;
    for pixel in pixels {
        let colour = colour(*pixel);
        let number = match last {
            Some((same, number)) if same == colour => number,
            _ => match (numbers.get(&colour), u8::try_from(numbers.len())) {
                (Some(number), _) => *number,
                (None, Ok(number)) => *numbers.entry(colour).or_insert(number),
                (None, Err(_)) => return None,
            },
        };
        last = Some((colour, number));
        indices.push(number);
    }
    Some(sorted(numbers, indices))
}

fn sorted(numbers: HashMap<[u8; 4], u8>, mut indices: Vec<u8>) -> Indexed {
    let mut order: Vec<([u8; 4], u8)> = numbers.into_iter().collect();
    order.sort_by_key(|(colour, _)| (colour[3] == 255, *colour));
    let mut place = [0_u8; 256];
    order.iter().zip(0..=255).for_each(|((_, number), at)| place[usize::from(*number)] = at);
    indices.iter_mut().for_each(|index| *index = place[usize::from(*index)]);
    Indexed { colours: order.into_iter().map(|(colour, _)| colour).collect(), indices }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    #[test]
    fn what_is_not_opaque_comes_first() {
        let pixels = [[0, 0, 0, 255], [9, 9, 9, 3], [0, 0, 0, 255], [8, 8, 8, 254]].concat();
        let raster = Raster { size: Size { width: 2, height: 2 }, layout: Layout::Rgba, pixels };
        let indexed = index(&raster).expect("three colours");
        assert_eq!(indexed.colours, [[8, 8, 8, 254], [9, 9, 9, 3], [0, 0, 0, 255]]);
        assert_eq!(indexed.indices, [2, 1, 2, 0]);
    }

    #[test]
    fn there_are_256_colours_and_no_more() {
        let of = |count: u32| {
            let pixels = (0..count).flat_map(|number| [number as u8, (number >> 8) as u8, 0]).collect();
            index(&Raster { size: Size { width: count, height: 1 }, layout: Layout::Rgb, pixels })
        };
        assert_eq!(of(256).map(|indexed| indexed.colours.len()), Some(256));
        assert!(of(257).is_none());
    }
}
