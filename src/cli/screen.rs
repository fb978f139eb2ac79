//! What commands show: text and tables on the standard output.
//!
//! A reader that goes away (`| head`) ends the output quietly. Arabic and numbers in one cell are
//! isolated from one another on a terminal, so that neither is shown in the other's order; into a
//! file or a pipe nothing invisible is written.

use std::io::{self, IsTerminal, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::failure::Failure;

/// Writes to the standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::unreachable(format!("the output cannot be written ({error}): check where it goes")))
        }
        _ => Ok(()),
    }
}

/// Writes a line to the standard output.
pub fn print_line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// Writes a value as indented JSON to the standard output.
pub fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::broken(format!("the answer cannot be written as JSON: {error}")))?;
    print_line(&text)
}

/// Whether a person looks at the standard output.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// A table with these headings, as wide as the terminal at most; into a file or a pipe a row stays on
/// one line.
pub fn table<const N: usize>(headings: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    if let Some((width, _)) = terminal_size::terminal_size().filter(|_| is_terminal()) {
        table.set_width(width.0).set_content_arrangement(ContentArrangement::Dynamic);
    }
    if N > 0 && headings.iter().any(|heading| !heading.is_empty()) {
        table.set_header(headings);
    }
    table
}

/// A cell with text in any direction.
pub fn text(text: &str) -> Cell {
    if is_terminal() { Cell::new(format!("\u{2068}{text}\u{2069}")) } else { Cell::new(text) }
}

/// A cell with a number or an amount.
pub fn number(number: impl std::fmt::Display) -> Cell {
    Cell::new(number.to_string()).set_alignment(CellAlignment::Right)
}
