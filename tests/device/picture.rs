//! The QR code: a decoder reads it from the cells of the terminal.

use awsmfa_test_support::terminal::Terminal;
use rqrr::PreparedImage;

use crate::{at_terminal, secret, without_device};

/// A cell's colours, as numbers among the 256; `None` is the theme's own.
#[derive(Clone, Copy, Default)]
struct Colours {
    text: Option<u8>,
    ground: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    Dark,
    Light,
}

/// The half cells of the picture, from above, each dark or not.
fn half_cells(shown: &str, theme: Theme) -> Vec<Vec<bool>> {
    let is_dark = |number: u8| match number {
        16 => true,
        231 => false,
        other => panic!("the colour {other}"),
    };
    let mut rows = Vec::new();
    for line in shown.lines().filter(|line| line.contains("48;5;")) {
        let mut colours = Colours::default();
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        let mut rest = line.trim_end_matches('\r');
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            if c == '\x1b' {
                let (numbers, after) = rest.strip_prefix('[').unwrap().split_once('m').unwrap();
                rest = after;
                let numbers: Vec<u8> = numbers.split(';').map(|it| it.parse().unwrap()).collect();
                match numbers[..] {
                    [0] => colours = Colours::default(),
                    [38, 5, text, 48, 5, ground] => {
                        colours = Colours {
                            text: Some(text),
                            ground: Some(ground),
                        };
                    }
                    _ => panic!("{numbers:?}"),
                }
                continue;
            }
            // On a dark theme text is light and the ground dark.
            let text = colours.text.map_or(theme == Theme::Light, is_dark);
            let ground = colours.ground.map_or(theme == Theme::Dark, is_dark);
            let (above, below) = match c {
                '█' => (text, text),
                '▀' => (text, ground),
                '▄' => (ground, text),
                ' ' => (ground, ground),
                other => panic!("{other:?} in the picture"),
            };
            upper.push(above);
            lower.push(below);
        }
        rows.extend([upper, lower]);
    }
    rows
}

/// What a phone reads.
fn decoded(cells: &[Vec<bool>], theme: Theme) -> String {
    const PIXELS: usize = 4;
    // The screen around the picture.
    const AROUND: usize = 6;
    let width = (cells[0].len() + 2 * AROUND) * PIXELS;
    let height = (cells.len() + 2 * AROUND) * PIXELS;
    let is_dark = |x: usize, y: usize| {
        let (x, y) = (
            (x / PIXELS).wrapping_sub(AROUND),
            (y / PIXELS).wrapping_sub(AROUND),
        );
        let cell = cells.get(y).and_then(|row| row.get(x));
        cell.copied().unwrap_or(theme == Theme::Dark)
    };
    let mut image =
        PreparedImage::prepare_from_greyscale(
            width,
            height,
            |x, y| {
                if is_dark(x, y) { 0 } else { 255 }
            },
        );
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "on a {theme:?} theme");
    grids[0].decode().unwrap().1
}

#[test]
fn is_read_from_light_and_dark_terminals() {
    let stage = without_device();
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    let uri = format!(
        "otpauth://totp/AWS:phone@123456789012?secret={}&issuer=AWS",
        secret(&page)
    );
    for theme in [Theme::Light, Theme::Dark] {
        let cells = half_cells(&page, theme);
        // 41 modules and a margin of two, so that it is whole above the question on 24 rows.
        assert_eq!((cells.len(), cells[0].len()), (46, 45));
        assert_eq!(decoded(&cells, theme), uri);
    }
    let (_, after) = page.rsplit_once("\x1b[0m").unwrap();
    assert_eq!(after, "\r\n");
}

#[test]
fn a_terminal_without_room_or_colours_gets_the_text() {
    let stage = without_device();
    let narrow = stage.terminal_command(&["awsmfa", "device", "enroll", "phone"]);
    let dumb = stage
        .terminal_command(&["awsmfa", "device", "enroll", "tablet"])
        .env("TERM", "dumb");
    let long = ["awsmfa", "device", "enroll", &"x".repeat(40)];
    for (command, columns, says) in [
        (
            narrow,
            44,
            "The QR code needs a terminal of 45 columns and 24 rows.",
        ),
        (dumb, 80, ""),
        (
            stage.terminal_command(&long),
            80,
            "The QR code needs a terminal of 53 columns and 28 rows.",
        ),
    ] {
        let mut terminal = Terminal::showing(command, columns);
        let page = terminal.expect("First code: ");
        assert!(page.contains(says), "{page}");
        assert!(!page.contains(['█', '▀', '\x1b']), "{page}");
        let key = page.split("authenticator app:\r\n").nth(1).unwrap();
        assert_eq!(key.trim().replace(' ', "").len(), 64, "{page}");
    }
}
