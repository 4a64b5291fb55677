//! Merchants' logos: fetched through the address guard, and made into small pictures of our own.
//!
//! What comes from elsewhere may be anything. So it is bounded before it is decoded, in bytes and in pixels, decoded with
//! a limit of memory on a thread that nobody waits on, and only the pixels are kept: what else a file may hold is gone.

use std::{io::Cursor, sync::Arc};

use async_trait::async_trait;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, imageops::FilterType};
use tokio::sync::Semaphore;

use crate::domain::{Invalid, Logo, LogoPicture};
use crate::egress::{Call, Client, Trouble, header};
use crate::engine::deps::LogoSource;

/// The name of the setting that is refused.
const FIELD: &str = "logo_url";

/// The most bytes of a file that is fetched.
const MOST_FETCHED: usize = 1024 * 1024;

/// The most pixels of a side.
const MOST_PIXELS: u32 = 4096;

/// The most memory that decoding may take: the pixels of the largest picture, of four bytes each.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// The formats that are read.
const FORMATS: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg];

/// Fetches logos by an outgoing client with a guard.
pub struct Logos {
    client: Client,
    /// One is decoded at a time: it may take all the memory that a picture may have.
    decoding: Arc<Semaphore>,
}

impl Logos {
    /// By this client.
    pub fn by(client: Client) -> Self {
        Self { client, decoding: Arc::new(Semaphore::new(1)) }
    }

    async fn bytes(&self, url: &str) -> Result<Vec<u8>, Invalid> {
        let call = Call::get(url).header(header::ACCEPT, "image/webp, image/png, image/jpeg").longest(MOST_FETCHED);
        match self.client.send(call).await {
            Ok(reply) if reply.status().is_success() => Ok(reply.body().to_vec()),
            Ok(reply) => Err(refused(&format!("was answered with {}, not with a picture", reply.status().as_u16()))
                .hint("expected the address of the picture itself: no redirect is followed")),
            Err(Trouble::TooLarge { .. }) => Err(refused("is a file of more than 1 MB").hint("give a smaller picture")),
            Err(trouble) => Err(refused(&format!("could not be fetched ({trouble})"))
                .hint("expected a picture at a public https address")),
        }
    }
}

#[async_trait]
impl LogoSource for Logos {
    async fn fetch(&self, url: &str) -> Result<LogoPicture, Invalid> {
        let bytes = self.bytes(url).await?;
        let turn = Arc::clone(&self.decoding).acquire_owned().await;
        let made = tokio::task::spawn_blocking(move || {
            // Whoever asked may be gone before it is decoded.
            let _turn = turn;
            small(&bytes)
        });
        let made = made.await;
        made.unwrap_or_else(|_| Err(refused("could not be decoded")))
    }
}

fn refused(rule: &str) -> Invalid {
    Invalid::new(FIELD, rule)
}

/// The small picture that is made of a file.
fn small(bytes: &[u8]) -> Result<LogoPicture, Invalid> {
    let picture = decoded(bytes)?;
    // Lossless pictures have no quality to lower: one that takes too many bytes is made smaller until it fits.
    let mut side = (u32::from(Logo::WIDEST), u32::from(Logo::HIGHEST));
    while side.1 >= 8 {
        let smaller = fitted(&picture, side);
        if let Some(small) = written(&smaller).filter(|small| small.bytes.len() <= Logo::MOST_BYTES) {
            return Ok(small);
        }
        side = (side.0 * 7 / 8, side.1 * 7 / 8);
    }
    Err(refused("cannot be shown in 8 kB").hint("give a simpler picture"))
}

fn decoded(bytes: &[u8]) -> Result<DynamicImage, Invalid> {
    let expected = "expected a PNG, WebP or JPEG of at most 4096 by 4096 pixels";
    let no_picture = || refused("is not a PNG, WebP or JPEG picture").hint(expected);
    let reader = || {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
        reader.format().is_some_and(|format| FORMATS.contains(&format)).then_some(reader)
    };
    let (width, height) = reader().and_then(|reader| reader.into_dimensions().ok()).ok_or_else(no_picture)?;
    if width.max(height) > MOST_PIXELS {
        return Err(refused(&format!("is {width} by {height} pixels large")).hint(expected));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = reader().ok_or_else(no_picture)?;
    reader.limits(limits);
    reader.decode().map_err(|_| refused("could not be decoded").hint(expected))
}

/// The picture within these sides; a smaller one stays as it is.
fn fitted(picture: &DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    if picture.width() <= width && picture.height() <= height {
        return picture.clone();
    }
    picture.resize(width, height, FilterType::Lanczos3)
}

fn written(picture: &DynamicImage) -> Option<LogoPicture> {
    let mut bytes = Vec::new();
    picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP).ok()?;
    let side = |pixels: u32| u8::try_from(pixels).ok();
    Some(LogoPicture { bytes, width: side(picture.width())?, height: side(picture.height())? })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use image::{Rgba, RgbaImage};

    use super::*;
    use crate::egress::Builder;

    fn file(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        let picture = DynamicImage::from(picture.clone());
        // JPEG knows no transparency.
        let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn plain(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_pixel(width, height, Rgba([11, 95, 90, 255]))
    }

    /// A picture that no compression makes smaller.
    fn noise(width: u32, height: u32) -> RgbaImage {
        let mut state = 7_u32;
        RgbaImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            Rgba([a, b, c, 255])
        })
    }

    /// A server on loopback that gives one answer, and its address.
    fn server(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/logo", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).unwrap();
            // A client that has read enough goes away.
            let _ = stream.write_all(&answer);
        });
        address
    }

    fn answer(status: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    fn logos(builder: Builder) -> Logos {
        Logos::by(builder.build().unwrap())
    }

    #[tokio::test]
    async fn a_logo_is_fetched_through_the_guard() {
        let loopback = || Client::builder().allow(["127.0.0.0/8".parse().unwrap()]);
        let png = file(&plain(64, 32), ImageFormat::Png);
        let fetched = logos(loopback()).fetch(&server(answer("200 OK", &png))).await.unwrap();
        assert_eq!((fetched.width, fetched.height), (64, 32));
        for (response, rule) in [
            (answer("404 Not Found", &png), "was answered with 404, not with a picture"),
            (answer("302 Found", b""), "was answered with 302, not with a picture"),
            (answer("200 OK", b"<!doctype html>"), "is not a PNG, WebP or JPEG picture"),
            (answer("200 OK", &vec![0; MOST_FETCHED + 1]), "is a file of more than 1 MB"),
        ] {
            let refused = logos(loopback()).fetch(&server(response)).await.unwrap_err();
            assert_eq!((refused.field(), refused.rule()), (FIELD, rule));
        }
        let inside = server(answer("200 OK", &png));
        let refused = logos(Client::builder()).fetch(&inside).await.unwrap_err();
        assert!(refused.rule().starts_with("could not be fetched (not called: "), "{}", refused.rule());
    }

    #[test]
    fn a_picture_of_each_format_becomes_a_small_one() {
        for format in FORMATS {
            let small = small(&file(&plain(960, 320), format)).unwrap();
            assert_eq!((small.width, small.height), (240, 80), "{format:?}");
            let again = image::load_from_memory_with_format(&small.bytes, ImageFormat::WebP).unwrap();
            assert_eq!((again.width(), again.height()), (240, 80), "{format:?}");
        }
        let tall = small(&file(&plain(100, 400), ImageFormat::Png)).unwrap();
        assert_eq!((tall.width, tall.height), (20, 80), "its shape stays");
        let tiny = small(&file(&plain(32, 16), ImageFormat::Png)).unwrap();
        assert_eq!((tiny.width, tiny.height), (32, 16), "none is made larger");
    }

    #[test]
    fn the_most_difficult_picture_takes_8_kilobytes() {
        let small = small(&file(&noise(600, 200), ImageFormat::Png)).unwrap();
        assert!(small.bytes.len() <= Logo::MOST_BYTES, "{}", small.bytes.len());
        assert!(small.width >= 60, "{} pixels", small.width);
    }

    #[test]
    fn what_is_no_such_picture_is_refused_before_it_is_decoded() {
        let png = file(&plain(64, 64), ImageFormat::Png);
        let mut wide = png.clone();
        // The width in the header; its checksum is then wrong, and nobody has looked at that yet.
        wide[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        let gif = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec();
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
        for bytes in [Vec::new(), b"<!doctype html>".to_vec(), gif, svg, png[..png.len() / 2].to_vec(), wide] {
            let refused = small(&bytes).unwrap_err();
            assert_eq!(refused.field(), FIELD, "{bytes:02x?}");
        }
        let large = small(&file(&plain(MOST_PIXELS + 1, 1), ImageFormat::Png)).unwrap_err();
        assert_eq!(large.rule(), "is 4097 by 1 pixels large");
    }
}
