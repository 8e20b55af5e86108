//! The curve of sRGB (IEC 61966-2-1), between light and code, both from 0 to 1.

pub fn to_light(code: f32) -> f32 {
    if code <= 0.040_45 { code / 12.92 } else { ((code + 0.055) / 1.055).powf(2.4) }
}

pub fn from_light(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_directions_are_inverse() {
        for code in (0..=1000).map(|step| step as f32 / 1000.0) {
            assert!((from_light(to_light(code)) - code).abs() < 1e-5, "{code}");
        }
    }
}
