use preset::{Format, Gravity, Turn};

use super::*;

fn rendition(fit: Fit, width: u32, height: u32) -> Rendition {
    Rendition { width: Some(width), height: Some(height), fit, ..Rendition::new("small", Format::Avif) }
}

fn framed(original: (u32, u32), rendition: &Rendition) -> Frame {
    frame(Size { width: original.0, height: original.1 }, rendition, None)
}

fn size_of(original: (u32, u32), rendition: &Rendition) -> (u32, u32) {
    let size = framed(original, rendition).size;
    (size.width, size.height)
}

fn numbers(crop: Crop) -> [f64; 4] {
    [crop.left, crop.top, crop.width, crop.height]
}

/// Original, box, size made, size made with `enlarge`.
type Row = [(u32, u32); 4];

fn check(fit: Fit, rows: &[Row]) {
    for [original, (width, height), made, enlarged] in rows {
        let usual = rendition(fit, *width, *height);
        let larger = Rendition { enlarge: true, ..usual.clone() };
        assert_eq!(size_of(*original, &usual), *made, "{fit:?} {original:?} in {width}x{height}");
        assert_eq!(size_of(*original, &larger), *enlarged, "{fit:?} {original:?} in {width}x{height}, enlarged");
    }
}

#[test]
fn inside_keeps_the_shape_within_the_box() {
    check(
        Fit::Inside,
        &[
            [(4000, 3000), (500, 300), (400, 300), (400, 300)],
            [(4000, 3000), (333, 333), (333, 250), (333, 250)],
            [(3000, 4001), (999, 999), (749, 999), (749, 999)],
            [(320, 240), (1280, 1280), (320, 240), (1280, 960)],
            [(320, 240), (200, 1000), (200, 150), (200, 150)],
            [(5, 3000), (1, 1), (1, 1), (1, 1)],
            [(3000, 5), (300, 300), (300, 1), (300, 1)],
            [(5, 3000), (16_384, 16_384), (5, 3000), (27, 16_384)],
            [(1, 1), (16_384, 1), (1, 1), (1, 1)],
        ],
    );
}

#[test]
fn cover_fills_the_box_or_keeps_its_shape() {
    check(
        Fit::Cover,
        &[
            [(4000, 3000), (500, 500), (500, 500), (500, 500)],
            [(500, 400), (500, 400), (500, 400), (500, 400)],
            [(300, 200), (400, 400), (200, 200), (400, 400)],
            [(1000, 200), (400, 400), (200, 200), (400, 400)],
            [(301, 200), (1600, 900), (301, 169), (1600, 900)],
            [(5, 3000), (1, 1), (1, 1), (1, 1)],
            [(5, 3000), (3000, 5), (5, 1), (3000, 5)],
            [(1, 1), (16_384, 16_384), (1, 1), (16_384, 16_384)],
        ],
    );
}

#[test]
fn contain_keeps_the_picture_inside_its_canvas() {
    check(
        Fit::Contain,
        &[
            [(4000, 3000), (500, 500), (500, 375), (500, 375)],
            [(320, 240), (640, 640), (320, 240), (640, 480)],
            [(5, 3000), (1, 1), (1, 1), (1, 1)],
        ],
    );
}

#[test]
fn fill_stretches_but_enlarges_neither_side() {
    check(
        Fit::Fill,
        &[
            [(4000, 3000), (500, 500), (500, 500), (500, 500)],
            [(320, 240), (640, 100), (320, 100), (640, 100)],
            [(320, 240), (640, 640), (320, 240), (640, 640)],
            [(5, 3000), (1, 1), (1, 1), (1, 1)],
        ],
    );
}

#[test]
fn an_absent_side_follows_from_the_other_in_every_fit() {
    for fit in [Fit::Inside, Fit::Cover, Fit::Contain, Fit::Fill] {
        let wide = Rendition { height: None, ..rendition(fit, 1000, 0) };
        let high = Rendition { width: None, ..rendition(fit, 0, 600) };
        let own = Rendition { width: None, ..wide.clone() };
        assert_eq!(size_of((4000, 3000), &wide), (1000, 750), "{fit:?}");
        assert_eq!(size_of((4000, 3000), &high), (800, 600), "{fit:?}");
        assert_eq!(size_of((4000, 3000), &own), (4000, 3000), "{fit:?}");
        assert_eq!(size_of((40, 30), &wide), (40, 30), "{fit:?}");
        assert_eq!(size_of((40, 30), &Rendition { enlarge: true, ..wide.clone() }), (1000, 750), "{fit:?}");
    }
}

#[test]
fn no_side_exceeds_what_codecs_hold() {
    let tall = Rendition { enlarge: true, height: None, ..rendition(Fit::Inside, 16_384, 0) };
    assert_eq!(size_of((5, 3000), &tall), (27, 16_384));
    assert_eq!(size_of((10, 10), &Rendition { enlarge: true, ..rendition(Fit::Fill, u32::MAX, 0) }), (16_384, 1));
    assert_eq!(size_of((40_000, 20_000), &Rendition::new("own", Format::Jpeg)), (16_384, 8_192));
}

#[test]
fn cover_crops_to_the_boxs_shape_exactly() {
    let square = framed((4000, 3000), &rendition(Fit::Cover, 300, 300));
    assert_eq!(numbers(square.crop), [500.0, 0.0, 3000.0, 3000.0]);
    let wide = framed((4000, 3000), &rendition(Fit::Cover, 700, 300));
    assert_eq!(wide.crop.width, 4000.0);
    assert!((wide.crop.height - 4000.0 * 300.0 / 700.0).abs() < 1e-9);
    assert!((wide.crop.top * 2.0 + wide.crop.height - 3000.0).abs() < 1e-9);
}

#[test]
fn what_is_not_scaled_is_cut_at_whole_pixels() {
    let frame = framed((301, 200), &rendition(Fit::Cover, 1600, 900));
    assert_eq!(numbers(frame.crop), [0.0, 16.0, 301.0, 169.0]);
    assert_eq!((frame.size.width, frame.size.height), (301, 169));
    let strip = framed((500, 1001), &rendition(Fit::Cover, 500, 300));
    assert_eq!(numbers(strip.crop), [0.0, 351.0, 500.0, 300.0]);
}

#[test]
fn a_crop_is_never_thinner_than_a_pixel_nor_outside_the_original() {
    for gravity in [Gravity::Centre, Gravity::SouthEast, Gravity::Focal { x: 1.0, y: 1.0 }] {
        let sliver = Rendition { enlarge: true, gravity, ..rendition(Fit::Cover, 16_384, 1) };
        let crop = framed((5, 3000), &sliver).crop;
        assert_eq!((crop.width, crop.height), (5.0, 1.0));
        assert!(crop.top >= 0.0 && crop.top + crop.height <= 3000.0, "{crop:?}");
    }
}

#[test]
fn gravity_moves_the_crop_and_the_contained_picture() {
    let cover = Rendition { gravity: Gravity::East, ..rendition(Fit::Cover, 300, 300) };
    assert_eq!(framed((4000, 3000), &cover).crop.left, 1000.0);
    let contain = Rendition { gravity: Gravity::South, ..rendition(Fit::Contain, 500, 500) };
    let canvas = framed((4000, 3000), &contain).canvas.expect("a canvas");
    assert_eq!(canvas, Canvas { size: Size { width: 500, height: 500 }, left: 0, top: 125 });
}

#[test]
fn a_picture_that_fills_its_canvas_needs_none() {
    assert_eq!(framed((4000, 3000), &rendition(Fit::Contain, 400, 300)).canvas, None);
    let small = framed((101, 100), &rendition(Fit::Contain, 200, 201)).canvas.expect("a canvas");
    assert_eq!((small.left, small.top), (49, 50));
}

#[test]
fn a_quarter_turn_swaps_the_sides_before_the_box_is_met() {
    for (rotate, made) in [(Turn::None, (400, 300)), (Turn::Quarter, (225, 300)), (Turn::ThreeQuarter, (225, 300))] {
        assert_eq!(size_of((4000, 3000), &Rendition { rotate, ..rendition(Fit::Inside, 500, 300) }), made);
    }
    let turned = Rendition { rotate: Turn::Quarter, ..rendition(Fit::Cover, 300, 300) };
    assert_eq!(numbers(framed((4000, 3000), &turned).crop), [0.0, 500.0, 3000.0, 3000.0]);
}
