//! Colours, and how well one can be read on another (WCAG 2.2, contrast ratio).

use std::fmt;

use crate::domain::Invalid;

/// A colour of a screen (sRGB).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    /// Black.
    pub const BLACK: Self = Self::rgb([0, 0, 0]);
    /// White.
    pub const WHITE: Self = Self::rgb([255, 255, 255]);

    /// A colour of these parts.
    pub const fn rgb([red, green, blue]: [u8; 3]) -> Self {
        Self { red, green, blue }
    }

    /// Its parts: red, green, blue.
    pub const fn parts(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    /// Accepts `#` and six hexadecimal digits.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let refused = || Invalid::new(field, "is not a colour").hint("expected # and six hexadecimal digits: #0b5f5a");
        let [_, red, green, blue] = number.ok_or_else(refused)?.to_be_bytes();
        Ok(Self { red, green, blue })
    }

    /// How well this colour is read on the other, or the other on this one: from 1, not at all, to 21, black on white.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This colour with so many of a hundred parts of another.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u8) -> Self {
        let percent = u32::from(percent.min(100));
        let mix = |own: u8, other: u8| {
            let sum = u32::from(own) * (100 - percent) + u32::from(other) * percent;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self { red: mix(self.red, other.red), green: mix(self.green, other.green), blue: mix(self.blue, other.blue) }
    }

    /// Black or white, whichever is read better on it: 4.58 at the least, since the two meet there.
    #[must_use]
    pub fn text_on_it(self) -> Self {
        if self.contrast(Self::BLACK) > self.contrast(Self::WHITE) { Self::BLACK } else { Self::WHITE }
    }

    /// How bright it is, from 0 to 1 (WCAG 2.2, relative luminance).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

/// As `#` and six lower-case digits.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// A merchant's colour, which customers' pages take on; empty, the default, is ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MerchantColor(pub Option<Color>);

impl MerchantColor {
    /// Accepts a colour ([`Color::parse`]), or nothing.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Ok(Self(None)) } else { Color::parse(field, text).map(|color| Self(Some(color))) }
    }

    /// The colour; empty, where there is none.
    pub fn written(self) -> String {
        self.0.map(|color| color.to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse("color", text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits_and_written_in_lower_case() {
        assert_eq!(color("#0B5f5A").to_string(), "#0b5f5a");
        assert_eq!(color("#0b5f5a").parts(), [0x0b, 0x5f, 0x5a]);
        assert_eq!(MerchantColor::parse("color", "").unwrap().written(), "");
        for bad in ["0b5f5a", "#0b5", "#0b5f5aff", "teal", "#0b5f5g", "# b5f5a", "#+b5f5a", "#äb5f5", "rgb(1,2,3)"] {
            let refused = MerchantColor::parse("color", bad).unwrap_err();
            assert_eq!((refused.field(), refused.rule()), ("color", "is not a colour"), "{bad}");
        }
    }

    #[test]
    fn contrast_is_as_the_guidelines_have_it() {
        // Ratios that the W3C's own documents and common checkers give for these pairs.
        for (a, b, ratio) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#ff0000", "#ffffff", 4.0),
        ] {
            let found = color(a).contrast(color(b));
            assert!((found - ratio).abs() < 0.01, "{a} on {b}: {found}");
            assert!((color(b).contrast(color(a)) - found).abs() < f64::EPSILON, "{a} on {b}");
        }
    }

    #[test]
    fn black_or_white_can_be_read_on_every_colour() {
        let steps = || (0..=255).step_by(15);
        for (red, green, blue) in steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| (r, g, b)))) {
            let color = Color::rgb([red, green, blue]);
            assert!(color.contrast(color.text_on_it()) >= 4.5, "{color}");
        }
    }

    #[test]
    fn a_mixture_begins_and_ends_with_its_parts() {
        let (teal, white) = (color("#0b5f5a"), Color::WHITE);
        assert_eq!([0, 100, 250].map(|percent| teal.mixed(white, percent)), [teal, white, white]);
        assert_eq!(Color::BLACK.mixed(white, 50).to_string(), "#808080");
    }
}
