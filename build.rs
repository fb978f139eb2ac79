//! Tells cargo that the binary holds the migrations: a new file rebuilds it.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
