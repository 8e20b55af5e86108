//! Pictures that the tests draw themselves.

/// RGB, 8 bits: a slope in red and green with a blue square in the upper left quarter, so that a turn can be seen.
pub fn pixels(width: usize, height: usize) -> Vec<u8> {
    let pixel = |x: usize, y: usize| {
        let blue = if x < width / 2 && y < height / 2 { 255 } else { 0 };
        [(x * 255 / width.max(1)) as u8, (y * 255 / height.max(1)) as u8, blue]
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

pub fn jpeg(width: usize, height: usize) -> Vec<u8> {
    let pixels = pixels(width, height);
    let image = turbojpeg::Image {
        pixels: pixels.as_slice(),
        width,
        pitch: 3 * width,
        height,
        format: turbojpeg::PixelFormat::RGB,
    };
    turbojpeg::compress(image, 90, turbojpeg::Subsamp::Sub2x2).unwrap().to_vec()
}

/// A JPEG of exactly that many bytes, filled up by comments.
pub fn padded_jpeg(width: usize, height: usize, bytes: usize) -> Vec<u8> {
    let photo = jpeg(width, height);
    let length = bytes.checked_sub(photo.len() + 2).expect("room for a comment") as u16;
    let comment = [&[0xff, 0xfe][..], &length.to_be_bytes(), &vec![b' '; usize::from(length) - 2]].concat();
    [&photo[..2], &comment, &photo[2..]].concat()
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&pixels(width as usize, height as usize)).unwrap();
    bytes
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.encode(&pixels(width as usize, height as usize), width, height, image_webp::ColorType::Rgb8).unwrap();
    bytes
}

pub fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[]).unwrap();
    for _ in 0..frames {
        let pixels = pixels(width.into(), height.into());
        encoder.write_frame(&gif::Frame::from_rgb(width, height, &pixels)).unwrap();
    }
    drop(encoder);
    bytes
}

/// The same photo with an EXIF segment that says how the camera was held, and where.
pub fn with_exif(jpeg: &[u8], orientation: u8, canary: &str) -> Vec<u8> {
    // ImageDescription.
    with_exif_text(jpeg, orientation, [0x01, 0x0e], canary)
}

/// The same photo, upright, with a camera of that model.
pub fn by_camera(jpeg: &[u8], model: &str) -> Vec<u8> {
    // Model.
    with_exif_text(jpeg, 1, [0x01, 0x10], model)
}

/// A text of five bytes or more; shorter ones would lie in the directory itself.
fn with_exif_text(jpeg: &[u8], orientation: u8, [high, low]: [u8; 2], text: &str) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec();
    // Orientation, one SHORT.
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    // ASCII, behind the directory.
    exif.extend([high, low, 0, 2, 0, 0, 0, text.len() as u8, 0, 0, 0, 38]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(text.as_bytes());
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// Width and height of an AVIF or a JPEG.
pub fn size(bytes: &[u8]) -> (u32, u32) {
    if bytes.starts_with(&[0xff, 0xd8]) { jpeg_size(bytes) } else { avif_size(bytes) }
}

/// Width and height of an AVIF, as its `ispe` property says.
pub fn avif_size(avif: &[u8]) -> (u32, u32) {
    let at = avif.windows(4).position(|four| four == b"ispe").unwrap() + 8;
    let number = |at: usize| u32::from_be_bytes(avif[at..at + 4].try_into().unwrap());
    (number(at), number(at + 4))
}

pub fn jpeg_size(jpeg: &[u8]) -> (u32, u32) {
    let header = turbojpeg::read_header(jpeg).unwrap();
    (header.width as u32, header.height as u32)
}
