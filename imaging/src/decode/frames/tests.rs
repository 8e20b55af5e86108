//! Animations, frame by frame.

use std::borrow::Cow;

use gif::DisposalMethod::{self, Background, Keep, Previous};

use super::*;
use crate::decode::header;

const RED: [u8; 4] = [255, 0, 0, 255];
const NOTHING: [u8; 4] = [0; 4];

/// A canvas of two pixels: each frame fills the left (0), the right (1) or both (2) with a colour of the palette.
fn gif(frames: &[(u8, u8, DisposalMethod)], delay: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, 2, 1, &[255, 0, 0, 0, 0, 255]).expect("a GIF");
    encoder.set_repeat(gif::Repeat::Finite(2)).expect("a repetition");
    for (place, colour, dispose) in frames {
        let (left, width) = [(0, 1), (1, 1), (0, 2)][usize::from(*place)];
        let buffer = Cow::Owned(vec![*colour; usize::from(width)]);
        let frame = gif::Frame { left, width, height: 1, buffer, dispose: *dispose, delay, ..gif::Frame::default() };
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    bytes
}

fn shown(format: InputFormat, bytes: &[u8]) -> Vec<(Vec<[u8; 4]>, u32)> {
    let header = header(format, bytes).expect("a header");
    let frames = frames(format, bytes, &header).expect("frames");
    let shown = frames.map(|frame| frame.map(|(raster, delay_ms)| (raster.pixels.as_chunks().0.to_vec(), delay_ms)));
    let shown: Vec<_> = shown.collect::<Result<_, _>>().expect("good frames");
    assert_eq!(shown.len() as u32, header.frames);
    shown
}

#[test]
fn frames_of_a_gif_are_kept_cleared_or_taken_back() {
    let blue = [0, 0, 255, 255];
    let bytes = gif(&[(2, 0, Keep), (1, 1, Previous), (0, 1, Background), (1, 1, Keep)], 5);
    let pixels: Vec<_> = shown(InputFormat::Gif, &bytes).into_iter().map(|(pixels, _)| pixels).collect();
    assert_eq!(pixels, [[RED, RED], [RED, blue], [blue, RED], [NOTHING, blue]]);
}

#[test]
fn hurried_frames_are_shown_as_long_as_in_browsers() {
    let delays = [0, 1, 2, 50].map(|delay| shown(InputFormat::Gif, &gif(&[(2, 0, Keep)], delay))[0].1);
    assert_eq!(delays, [100, 100, 20, 500]);
}

#[test]
fn a_gif_that_is_repeated_twice_is_shown_three_times() {
    let bytes = gif(&[(2, 0, Keep), (2, 1, Keep)], 5);
    let header = header(InputFormat::Gif, &bytes).expect("a header");
    assert_eq!(frames(InputFormat::Gif, &bytes, &header).expect("frames").plays, Some(3));
}

#[test]
fn a_cut_animation_ends_with_a_rejection() {
    let bytes = gif(&[(2, 0, Keep), (2, 1, Keep)], 5);
    let header = header(InputFormat::Gif, &bytes).expect("a header");
    let mut frames = frames(InputFormat::Gif, &bytes[..bytes.len() - 8], &header).expect("frames");
    let results: Vec<bool> = frames.by_ref().map(|frame| frame.is_ok()).take(10).collect();
    assert_eq!(results, [true, false]);
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [kind, &(body.len() as u32).to_le_bytes()[..], body, &vec![0; body.len() % 2]].concat()
}

/// A frame of one pixel that replaces what is there.
fn webp_frame(left: u8, colour: [u8; 4], delay: u8, clear: u8) -> Vec<u8> {
    let mut still = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut still);
    encoder.encode(&colour, 1, 1, image_webp::ColorType::Rgba8).expect("a WebP");
    let place = [left / 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, delay, 0, 0, 2 | clear];
    chunk(b"ANMF", &[&place, &still[12..]].concat())
}

#[test]
fn frames_of_a_webp_are_laid_on_its_canvas() {
    let parts = [
        chunk(b"VP8X", &[0x12, 0, 0, 0, 2, 0, 0, 0, 0, 0]),
        chunk(b"ANIM", &[9, 9, 9, 255, 7, 0]),
        webp_frame(0, RED, 40, 1),
        webp_frame(2, RED, 0, 0),
    ];
    let body = [b"WEBP".to_vec(), parts.concat()].concat();
    let bytes = chunk(b"RIFF", &body);
    let shown = shown(InputFormat::WebP, &bytes);
    assert_eq!(shown, [(vec![RED, NOTHING, NOTHING], 40), (vec![NOTHING, NOTHING, RED], 100)]);
    let header = header(InputFormat::WebP, &bytes).expect("a header");
    assert_eq!(frames(InputFormat::WebP, &bytes, &header).expect("frames").plays, Some(7));
}
