//! QR codes.

use qrcode::{Color, QrCode};

/// How wide a module is drawn, and how many modules of quiet zone surround the code (ISO/IEC 18004 asks for four).
const SCALE: usize = 8;
const QUIET: usize = 4;

/// Draws `text` as a QR code: a black and white PNG, one bit a pixel. `None` when it is too long for one.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::new(text).ok()?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * SCALE;
    let mut pixels = vec![0xff_u8; side.div_ceil(8) * side];
    for (index, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (x, y) = ((index % modules + QUIET) * SCALE, (index / modules + QUIET) * SCALE);
        for row in y..y + SCALE {
            // A module is eight pixels wide and stands at a multiple of eight: one byte.
            *pixels.get_mut(row * side.div_ceil(8) + x / 8)? = 0;
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(side).ok()?, u32::try_from(side).ok()?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    Some(file)
}

/// How wide a picture of [`svg`] is, in pixels.
const SIDE: usize = 240;

/// A QR code as a drawing of unit squares.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// How wide and high it is, with its quiet zone.
    pub side: usize,
    /// The dark modules, as the data of an SVG path.
    pub path: String,
}

/// Draws `text` as a QR code. `None` when it is too long for one.
pub fn drawing(text: &str) -> Option<Drawing> {
    let code = QrCode::new(text).ok()?;
    let modules = code.width();
    let side = modules + 2 * QUIET;
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let path: Vec<String> =
        dark.map(|(index, _)| format!("M{} {}h1v1h-1z", index % modules + QUIET, index / modules + QUIET)).collect();
    Some(Drawing { side, path: path.concat() })
}

/// Draws `text` as a QR code in SVG, 240 pixels wide whatever the number of its modules. `None` when it is too long.
pub fn svg(text: &str) -> Option<String> {
    let Drawing { side, path } = drawing(text)?;
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path d="{path}"/></svg>"##
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_png_that_decodes_to_its_modules() {
        let file = png("https://pay.example/payment?link_id=abc").unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let code = QrCode::new("https://pay.example/payment?link_id=abc").unwrap();
        let dark = |x: usize, y: usize| {
            let (px, py) = ((x + QUIET) * SCALE + 3, (y + QUIET) * SCALE + 3);
            pixels[py * info.line_size + px / 8] >> (7 - px % 8) & 1 == 0
        };
        for (index, color) in code.to_colors().iter().enumerate() {
            assert_eq!(dark(index % code.width(), index / code.width()), *color == Color::Dark);
        }
    }

    #[test]
    fn a_text_too_long_for_a_code_has_none() {
        assert!(png(&"x".repeat(5000)).is_none());
        assert!(svg(&"x".repeat(5000)).is_none());
    }

    #[test]
    fn a_drawing_has_a_square_for_each_dark_module_and_one_size() {
        for text in ["x", &"https://pay.example/token-io/session/pm2:".repeat(20)] {
            let (code, drawing) = (QrCode::new(text).unwrap(), svg(text).unwrap());
            let dark = code.to_colors().iter().filter(|color| **color == Color::Dark).count();
            assert_eq!(drawing.matches("h1v1h-1z").count(), dark);
            assert!(drawing.contains(r#"width="240" height="240""#));
            // The first module of the first finder pattern, behind the quiet zone.
            assert!(drawing.contains("M4 4h1v1h-1z"));
        }
    }
}
