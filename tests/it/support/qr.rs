//! A phone's camera: reads the QR code that a page shows.

/// How many pixels a module is given.
const SCALE: usize = 4;

/// What the drawing on this page says.
pub fn read(page: &str) -> String {
    let drawing = page.split_once("<svg").expect("a drawing").1;
    let side = drawing.split_once("viewBox=\"0 0 ").expect("its size").1.split(' ').next().expect("its width");
    let side: usize = side.parse().expect("a number");
    let path = drawing.rsplit_once("<path d=\"").expect("its squares").1.split('"').next().expect("a path");
    let squares: Vec<(usize, usize)> = path
        .split('M')
        .filter_map(|square| square.strip_suffix("h1v1h-1z")?.split_once(' '))
        .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
        .collect();
    let is_dark = |x, y| squares.contains(&(x / SCALE, y / SCALE));
    let pixel = |x, y| if is_dark(x, y) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, pixel);
    let codes = image.detect_grids();
    let [code] = codes.as_slice() else { panic!("{} codes", codes.len()) };
    code.decode().expect("a code that can be read").1
}
