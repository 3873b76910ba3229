//! tmp
fn main() {
    let text = std::fs::read_to_string("spec/instructions.toml").unwrap();
    let source = tablature_codegen::diag::Source { path: "spec/instructions.toml".into(), text };
    match tablature_codegen::generate(&source, |_| true) {
        Ok(files) => for f in files { println!("// ==== {}\n{}", f.name, f.text); },
        Err(report) => { eprintln!("{report}"); std::process::exit(1) }
    }
}
