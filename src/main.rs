//! awsmfa.
fn main() {}
