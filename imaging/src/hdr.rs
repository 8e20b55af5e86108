//! From the codes of HDR pictures (ITU-R BT.2100) to light, where 1 is white.
//!
//! The white of a page is 203 cd/m² there (ITU-R BT.2408), and lights go on beyond it: those are rolled off into what
//! is left above the knee, so that a page stays bright and no light is cut.

/// In cd/m².
const PAGE_WHITE: f32 = 203.0;
/// Of a display for HLG, whose codes mean shares of it.
const HLG_PEAK: f32 = 1000.0;
/// Light below is kept as it is. Higher: a brighter page, and flatter lights.
const KNEE: f32 = 0.75;

/// By the transfer characteristics of ITU-T H.273, for codes from 0 to 1.
pub fn curve(transfer: u8) -> Option<fn(f32) -> f32> {
    match transfer {
        16 => Some(|code| rolled_off(pq(code) / PAGE_WHITE)),
        18 => Some(|code| rolled_off(hlg(code) / PAGE_WHITE)),
        _ => None,
    }
}

/// The perceptual quantizer's display light, in cd/m².
fn pq(code: f32) -> f32 {
    const M1: f32 = 1305.0 / 8192.0;
    const M2: f32 = 2523.0 / 32.0;
    const C1: f32 = 107.0 / 128.0;
    const C2: f32 = 2413.0 / 128.0;
    const C3: f32 = 2392.0 / 128.0;
    let power = code.powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// The same of hybrid log-gamma: the light of the scene, with the gamma of its display for each colour alone.
fn hlg(code: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 1.0 - 4.0 * A;
    const C: f32 = 0.559_910_7;
    let scene = if code <= 0.5 { code * code / 3.0 } else { (((code - C) / A).exp() + B) / 12.0 };
    HLG_PEAK * scene.powf(1.2)
}

fn rolled_off(light: f32) -> f32 {
    let room = 1.0 - KNEE;
    if light <= KNEE { light } else { KNEE + room * (1.0 - ((KNEE - light) / room).exp()) }
}
