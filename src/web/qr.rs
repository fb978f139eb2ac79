//! A QR code as an SVG drawing: one path, drawn in the colour of the ink, read out by its label.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use super::html::Html;

/// The quiet zone around a code, in modules.
const QUIET: usize = 4;

/// The drawing of a text; nothing where the text is too long for a code.
pub fn svg(content: &str, label: &Html) -> Option<Html> {
    let code = QrCode::with_error_correction_level(content, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (column, row) = (place % width + QUIET, place / width + QUIET);
            let _ = write!(path, "M{column} {row}h1v1h-1z");
        }
    }
    let side = width + 2 * QUIET;
    Some(Html::markup(format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path class=\"qr-paper\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path class=\"qr-ink\" d=\"{path}\"/></svg>"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_drawing_and_too_much_becomes_nothing() {
        let label = Html::text("check");
        let drawing = svg("https://rusum.example/verify/0123456789abcdef", &label).unwrap().to_string();
        assert!(drawing.starts_with("<svg") && !drawing.contains("style="), "{drawing}");
        assert!(svg(&"x".repeat(5000), &label).is_none());
    }
}
