//! Where a picture was taken, by whom it was edited, what its camera noted: of that nothing leaves an original.

use std::borrow::Cow;

use serde_json::json;

use crate::{
    logged::Logged,
    notifications::subscriber,
    pictures,
    site::{client, eventually, put_request, read, settled, text},
};

const CANARY: &[u8] = b"canary";
const XMP: &[u8] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/' x:xmptk='canary'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='canary'/></rdf:RDF></x:xmpmeta>";

/// A directory of ASCII entries at `start`, each saying the canary, and whatever else is given.
fn directory(start: u32, tags: &[u16], pointers: &[(u16, u32)]) -> Vec<u8> {
    let count = tags.len() + pointers.len();
    let values_at = start + 2 + 12 * count as u32 + 4;
    let mut table = (count as u16).to_be_bytes().to_vec();
    for (tag, kind, length, value) in tags
        .iter()
        .map(|tag| (*tag, 2u16, CANARY.len() as u32 + 1, values_at))
        .chain(pointers.iter().map(|(tag, at)| (*tag, 4, 1, *at)))
    {
        table.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
        table.extend([length.to_be_bytes(), value.to_be_bytes()].concat());
    }
    [&table[..], &[0; 4], CANARY, b"\0"].concat()
}

/// Description, software, artist's comment; the camera's own notes and numbers; the place.
fn exif() -> Vec<u8> {
    let (names, taken, place) = (
        [0x010e, 0x0131, 0x013c, 0x9c9c],
        [0x927c, 0x9286, 0xa420, 0xa430, 0xa431, 0xa435],
        [0x0001, 0x0002, 0x001b, 0x001c, 0x001d],
    );
    let first = |taken, place| directory(8, &names, &[(0x8769, taken), (0x8825, place)]);
    let taken_at = 8 + first(0, 0).len() as u32;
    let taken = directory(taken_at, &taken, &[]);
    let place_at = taken_at + taken.len() as u32;
    [b"MM\0*\0\0\0\x08".to_vec(), first(taken_at, place_at), taken, directory(place_at, &place, &[])].concat()
}

fn jpeg() -> Vec<u8> {
    let picture = pictures::jpeg(64, 48);
    let segment =
        |marker: u8, body: &[u8]| [&[0xff, marker], &(body.len() as u16 + 2).to_be_bytes()[..], body].concat();
    let iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x78\0\x06canary\0";
    let exif = segment(0xe1, &[b"Exif\0\0", &exif()[..]].concat());
    let xmp = segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP].concat());
    let others = [segment(0xed, iptc), segment(0xe4, CANARY), segment(0xfe, CANARY)].concat();
    [&picture[..2], &exif, &xmp, &others, &picture[2..], CANARY].concat()
}

fn png() -> Vec<u8> {
    let mut info = png::Info::with_size(64, 48);
    info.color_type = png::ColorType::Rgb;
    info.exif_metadata = Some(Cow::Owned(exif()));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
    encoder.add_text_chunk("Comment".into(), "canary".into()).unwrap();
    encoder.add_ztxt_chunk("Description".into(), "canary".into()).unwrap();
    encoder.add_itxt_chunk("XML:com.adobe.xmp".into(), String::from_utf8_lossy(XMP).into()).unwrap();
    encoder.write_header().unwrap().write_image_data(&pictures::pixels(64, 48)).unwrap();
    [&bytes, CANARY].concat()
}

fn webp() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif());
    encoder.set_xmp_metadata(XMP.to_vec());
    encoder.encode(&pictures::pixels(64, 48), 64, 48, image_webp::ColorType::Rgb8).unwrap();
    [&bytes, CANARY].concat()
}

fn says_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|part| part.eq_ignore_ascii_case(CANARY))
}

/// Uploads it by a preset of every format: all that is told of it, and all that is made of it.
async fn told(url: &str, filename: &str, original: &[u8], preset: &str) -> Vec<Vec<u8>> {
    let client = client();
    let new = json!({ "filename": filename, "bytes": original.len(), "preset": preset });
    let grant = read(client.post(format!("{url}/uploads")).json(&new)).await.json();
    assert!(read(put_request(&client, &grant, original)).await.status.is_success());
    let image = settled(&client, url, &text(&grant["id"])).await;
    assert_eq!(image["status"], "ready", "{image}");
    let mut told = vec![image.to_string().into_bytes()];
    for made in image["renditions"].as_array().unwrap() {
        let rendition = client.get(text(&made["url"])).send().await.unwrap();
        told.push(format!("{:?}", rendition.headers()).into_bytes());
        told.push(rendition.bytes().await.unwrap().to_vec());
    }
    told
}

#[tokio::test]
async fn nothing_but_the_original_tells_what_its_camera_noted() {
    let originals = [("a.jpg", jpeg()), ("a.png", png()), ("a.webp", webp())];
    assert!(originals.iter().all(|(_, original)| says_canary(original)));
    let (hook, received) = subscriber().await;
    let process = Logged::start(&[("TINTYPE_LOG", "debug"), ("TINTYPE_NOTIFY_URL", &hook)]).await;
    let mut all = Vec::new();
    let presets = ["default", "web", "webp", "avatar", "archive"];
    for (filename, original) in &originals {
        for preset in presets {
            all.extend(told(&process.url, filename, original, preset).await);
        }
    }
    let expected = originals.len() * presets.len();
    eventually(async || (received.lock().unwrap().len() > expected).then_some(())).await;
    for path in ["/images", "/local/notifications"] {
        all.push(read(client().get(format!("{}{path}", process.url))).await.text.into_bytes());
    }
    all.extend(received.lock().unwrap().iter().map(|notification| notification.to_string().into_bytes()));
    let (said, log) = process.end().await;
    all.extend([said.into_bytes(), log.into_bytes()]);
    let telling = all.iter().filter(|text| says_canary(text)).count();
    println!("{expected} uploads with canaries, {} things told and made of them: {telling} with a canary", all.len());
    assert_eq!(telling, 0);
}
