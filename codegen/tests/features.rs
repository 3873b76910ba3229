//! Each proposal of the table is a Cargo feature of the interpreter, and the other way round.

mod common;

use std::collections::BTreeSet;
use toml::de::DeTable;

/// Features that are no proposal: sets and tiers.
const OTHER_FEATURES: &[&str] =
    &["default", "std", "alloc", "register", "minimal", "embedded", "addr2line", "log", "profile", "optimize", "wat"];

fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

#[test]
fn cargo_features_are_the_proposals() {
    let manifest = common::read("Cargo.toml");
    let manifest = DeTable::parse(&manifest).unwrap();
    let features = manifest.get_ref().get("features").and_then(|value| value.get_ref().as_table()).unwrap();
    let enables = |feature: &str| -> BTreeSet<String> {
        let list = features.get(feature).and_then(|value| value.get_ref().as_array());
        let list = list.unwrap_or_else(|| panic!("Cargo.toml has no feature `{feature}`"));
        list.iter().filter_map(|value| value.get_ref().as_str()).map(str::to_owned).collect()
    };

    let model = common::model();
    let proposals: Vec<_> = model.proposals.iter().filter(|proposal| !proposal.base).collect();
    let expected: BTreeSet<String> = proposals.iter().map(|proposal| kebab(&proposal.name)).collect();
    let found: BTreeSet<String> = features.keys().map(|key| key.get_ref().to_string()).collect();
    let found: BTreeSet<String> = found.into_iter().filter(|name| !OTHER_FEATURES.contains(&name.as_str())).collect();
    assert_eq!(found, expected, "features of Cargo.toml on the left, proposals of the table on the right");

    let default = enables("default");
    for proposal in proposals {
        let feature = kebab(&proposal.name);
        assert!(default.contains(&feature), "`{feature}` is not a default feature");
        let is_base = |name: &&String| model.proposals.iter().any(|other| other.base && other.name == **name);
        let needs: BTreeSet<String> =
            proposal.needs.iter().filter(|name| !is_base(name)).map(|name| kebab(name)).collect();
        let enabled = enables(&feature).into_iter().filter(|other| !other.starts_with("dep:")).collect::<BTreeSet<_>>();
        assert_eq!(enabled, needs, "what `{feature}` enables on the left, what the proposal needs on the right");
    }
}
