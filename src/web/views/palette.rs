//! A merchant's colour on customers' pages: a small stylesheet beside the common one, which can be read whatever the
//! colour is.
//!
//! A page may have no style of its own, so a colour is a file. It follows from the colour alone, and its name holds the
//! colour and a digest of what is in it, so nothing is kept for it and browsers may keep it for ever.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::assets::{BYTES_IN_NAME, FOLDER, Lasts};
use crate::domain::Color;

/// The contrast that text needs (WCAG 2.2, success criterion 1.4.3).
const OF_TEXT: f64 = 4.5;

/// The contrast that a field of colour needs beside what surrounds it (success criterion 1.4.11).
const OF_FIELDS: f64 = 3.0;

/// What lies behind everything in `static/handback.css`: a card on a page, by day and by night.
const LIGHT: Ground = Ground { card: Color::WHITE, page: Color::rgb([0xf4, 0xf5, 0xf4]), away: Color::BLACK, wash: 8 };
const DARK: Ground =
    Ground { card: Color::rgb([0x1a, 0x21, 0x20]), page: Color::rgb([0x11, 0x16, 0x15]), away: Color::WHITE, wash: 14 };

struct Ground {
    card: Color,
    page: Color,
    /// Where a colour goes that cannot be told from it.
    away: Color,
    /// How many of a hundred parts of the colour a tinted field has.
    wash: u8,
}

/// The stylesheet of a colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    color: Color,
    /// What it holds.
    pub css: String,
}

impl Palette {
    /// That of a merchant's colour.
    pub fn of(color: Color) -> Self {
        let css = format!(
            ":root{{{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n",
            variables(color, &LIGHT),
            variables(color, &DARK)
        );
        Self { color, css }
    }

    /// Its address, as pages load it.
    pub fn url(&self) -> String {
        let digest = Sha256::digest(self.css.as_bytes());
        let short = HEXLOWER.encode(&digest[..BYTES_IN_NAME]);
        format!("{FOLDER}color-{}.{short}.css", self.color.to_string().trim_start_matches('#'))
    }

    /// The stylesheet of this name below `/static/`, if it is one.
    pub fn named(name: &str) -> Option<(Self, Lasts)> {
        let (color, digest) = name.strip_prefix("color-")?.strip_suffix(".css")?.split_once('.')?;
        let palette = Self::of(Color::parse("name", &format!("#{color}")).ok()?);
        let is_digest = digest.len() == 2 * BYTES_IN_NAME && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_ours = palette.url().strip_prefix(FOLDER) == Some(name);
        is_digest.then_some((palette, if is_ours { Lasts::ForEver } else { Lasts::ForNow }))
    }
}

/// What a colour makes of the variables in `static/handback.css`: the button has the colour itself, and words have the
/// nearest that can be read.
fn variables(color: Color, ground: &Ground) -> String {
    let wash = ground.card.mixed(color, ground.wash);
    let accent = readable(color, ground.away, OF_TEXT, &[ground.card, ground.page, wash]);
    let fill = match ground.away {
        // By day a border in the accent's colour tells a pale button from the card; by night it must be seen itself.
        Color::BLACK => color,
        _ => readable(color, ground.away, OF_FIELDS, &[ground.card]),
    };
    let text = fill.text_on_it();
    // A button that is pointed at moves away from its text, never towards it.
    let over = fill.mixed(if text == Color::BLACK { Color::WHITE } else { Color::BLACK }, 15);
    format!(
        "--accent:{accent};--press:{};--on-accent:{};--wash:{wash};--fill:{fill};--over:{over};--on-fill:{text}",
        accent.mixed(ground.away, 20),
        accent.text_on_it(),
    )
}

/// The nearest to a colour, on its way to another, that has this contrast on all of these.
fn readable(color: Color, away: Color, contrast: f64, on: &[Color]) -> Color {
    let on_all = |tried: &Color| on.iter().all(|ground| tried.contrast(*ground) >= contrast);
    (0..=100).map(|percent| color.mixed(away, percent)).find(on_all).unwrap_or(away)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(variables: &str) -> HashMap<&str, Color> {
        variables
            .split(';')
            .map(|pair| pair.split_once(':').unwrap())
            .map(|(n, v)| (n, Color::parse("v", v).unwrap()))
            .collect()
    }

    #[test]
    fn every_colour_can_be_read_by_day_and_by_night() {
        let steps = || (0..=255).step_by(51);
        for (red, green, blue) in steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| (r, g, b)))) {
            let color = Color::rgb([red, green, blue]);
            for ground in [LIGHT, DARK] {
                let written = variables(color, &ground);
                let [accent, on_accent, press, wash, fill, over, text] =
                    ["--accent", "--on-accent", "--press", "--wash", "--fill", "--over", "--on-fill"]
                        .map(|name| read(&written)[name]);
                for (text, on) in [
                    (accent, ground.card),
                    (accent, ground.page),
                    (accent, wash),
                    (press, ground.card),
                    (on_accent, accent),
                    (text, fill),
                    (text, over),
                ] {
                    assert!(text.contrast(on) >= OF_TEXT, "{color}: {text} on {on}: {}", text.contrast(on));
                }
                assert!(fill.contrast(ground.card).max(accent.contrast(ground.card)) >= OF_FIELDS, "{color}");
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let teal = Color::parse("color", "#0b5f5a").unwrap();
        assert!(variables(teal, &LIGHT).contains("--accent:#0b5f5a;"));
        let yellow = variables(Color::parse("color", "#ffcc00").unwrap(), &LIGHT);
        assert!(yellow.contains("--fill:#ffcc00;") && yellow.contains("--on-fill:#000000"), "{yellow}");
    }

    #[test]
    fn the_grounds_are_those_of_the_stylesheet() {
        let style = include_str!("../../../static/handback.css");
        assert!(style.contains("--page: #f4f5f4; --card: #fff;"));
        assert!(style.contains("--page: #111615; --card: #1a2120;"));
        assert_eq!(
            [LIGHT.page, LIGHT.card, DARK.page, DARK.card].map(|color| color.to_string()),
            ["#f4f5f4", "#ffffff", "#111615", "#1a2120"]
        );
    }

    #[test]
    fn a_stylesheet_is_named_by_its_colour_and_its_content() {
        let palette = Palette::of(Color::parse("color", "#ffcc00").unwrap());
        let url = palette.url();
        let name = url.strip_prefix("/static/").unwrap();
        assert!(name.starts_with("color-ffcc00.") && name.len() == "color-ffcc00.".len() + 16, "{name}");
        assert_eq!(Palette::named(name), Some((palette.clone(), Lasts::ForEver)));
        assert_eq!(Palette::named("color-ffcc00.000000000000.css"), Some((palette, Lasts::ForNow)));
        for bad in
            ["color-ffcc0.000000000000.css", "color-ffcc00.css", "color-ffcc00.0.css", "color-ffcc00.zzzzzzzzzzzz.css"]
        {
            assert_eq!(Palette::named(bad), None, "{bad}");
        }
    }
}
