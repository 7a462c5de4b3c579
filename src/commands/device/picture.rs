//! A QR code for a terminal.

use fast_qr::{ECL, QRBuilder};
use zeroize::Zeroizing;

/// How many light modules surround the code. The standard has four, but phones need fewer, and with two
/// the code of a usual device fits 24 rows.
const MARGIN: usize = 2;

/// Black on white by their numbers among the 256 colours: the theme does not change them, so that the
/// code is dark on light at every terminal.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";

pub(super) struct Picture {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// For the terminal, as it is.
    pub(super) text: Zeroizing<String>,
}

impl Picture {
    /// The QR code of a text, two modules in a character; `None` if the text is too long for one.
    pub(super) fn new(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
        let size = code.size;
        let is_dark = |row: usize, column: usize| {
            let inside = MARGIN..MARGIN + size;
            inside.contains(&row)
                && inside.contains(&column)
                && code[row - MARGIN][column - MARGIN].value()
        };
        let width = size + 2 * MARGIN;
        // Room for all of it: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(width * width * 2 + width * 32));
        for row in (0..width).step_by(2) {
            text.push_str(BLACK_ON_WHITE);
            text.extend((0..width).map(|column| {
                match (is_dark(row, column), is_dark(row + 1, column)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                }
            }));
            text.push_str(RESET);
            text.push('\n');
        }
        Some(Self {
            columns: width,
            rows: width.div_ceil(2),
            text,
        })
    }
}
