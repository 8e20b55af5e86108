//! Colours to the light that they give, as BT.709 weighs sRGB's primaries.

use crate::planes::Planes;

/// Of red, green and blue, in 32768ths.
const WEIGHTS: [i32; 3] = [6_966, 23_436, 2_366];

/// Leaves one plane, and alpha where there is one.
pub fn grayscale(planes: &mut Planes) {
    if planes.channels.len() >= 3 {
        let grey = luminance(planes);
        planes.channels.splice(..3, [grey]);
    }
}

/// How bright each pixel is; multiplied by alpha, as its colours are.
pub fn luminance(planes: &Planes) -> Vec<i16> {
    let [reds, greens, blues, ..] = &planes.channels[..] else {
        return planes.channels[0].clone();
    };
    let [red_weight, green_weight, blue_weight] = WEIGHTS;
    let pixels = reds.iter().zip(greens).zip(blues);
    pixels
        .map(|((red, green), blue)| {
            let sum = i32::from(*red) * red_weight + i32::from(*green) * green_weight + i32::from(*blue) * blue_weight;
            ((sum + 16_384) >> 15) as i16
        })
        .collect()
}
